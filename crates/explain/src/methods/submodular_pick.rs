//! Submodular pick (Ribeiro et al. 2016, arXiv:1602.04938, algorithm 2): a few rows whose explanations together cover
//! what matters over the whole set.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde_json::{Value, json};

use super::lime_tabular::{Options, fits};
use crate::random::Counter;
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner, words};

const STREAM: u64 = 71;

/// What each pick covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Picks {
    /// Rows in the order they were picked.
    pub rows: Vec<usize>,
    /// Share of the whole importance that is covered after each pick.
    pub covered: Vec<f64>,
    /// Importance of each column of the explanations: the root of the sum of their sizes.
    pub importance: Vec<f64>,
}

/// Picks `count` rows of `explanations` (`[rows, features]`) greedily; of equals the last.
pub fn pick(explanations: ArrayView2<'_, f64>, count: usize) -> Picks {
    let importance: Vec<f64> = explanations
        .columns()
        .into_iter()
        .map(|c| c.iter().map(|v| v.abs()).sum::<f64>().sqrt())
        .collect();
    let total: f64 = importance.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut covered = vec![false; importance.len()];
    let (mut rows, mut shares) = (Vec::new(), Vec::new());
    for _ in 0..count.min(explanations.nrows()) {
        let worth = |row: usize| -> f64 {
            let adds = covered
                .iter()
                .zip(explanations.row(row))
                .map(|(c, v)| *c || v.abs() > 0.0);
            adds.zip(&importance).filter(|(yes, _)| *yes).map(|(_, i)| i).sum()
        };
        let mut best: Option<(f64, usize)> = None;
        for row in (0..explanations.nrows()).filter(|r| !rows.contains(r)) {
            let value = worth(row);
            if best.is_none_or(|(most, _)| value >= most) {
                best = Some((value, row));
            }
        }
        let Some((value, row)) = best else { break };
        covered
            .iter_mut()
            .zip(explanations.row(row))
            .for_each(|(c, v)| *c |= v.abs() > 0.0);
        rows.push(row);
        shares.push(value / total);
    }
    Picks {
        rows,
        covered: shares,
        importance,
    }
}

/// Explains up to `most` rows of the set (a random choice of them) by LIME, and picks `count`.
pub fn submodular_pick(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    extras: RowExtras<'_>,
    options: Options,
    count: usize,
    most: usize,
) -> Result<Outcome, ExplainError> {
    let mut chosen = Counter::new(extras.seed, STREAM, 0).permutation(ask.x.nrows());
    chosen.truncate(most.max(1));
    chosen.sort_unstable();
    let x = ask.x.select(Axis(0), &chosen);
    let targets: Vec<usize> = chosen.iter().map(|i| ask.targets[*i]).collect();
    let part = AskRows::new(x.view(), ask.readout.clone(), &targets, ask.columns)?;
    let fits = fits(run, &part, extras, options)?;

    // As the reference does, a bin of a column is a feature of its own: rows in different bins do not cover each other.
    let mut names: Vec<String> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut entries = Vec::new();
    for i in 0..chosen.len() {
        for j in fits.ranked(i) {
            let rule = fits.condition(&part, i, j);
            let place = *places.entry(rule.clone()).or_insert_with(|| {
                names.push(rule);
                names.len() - 1
            });
            entries.push((i, place, j));
        }
    }
    let mut explanations = Array2::zeros((chosen.len(), names.len()));
    for &(i, place, j) in &entries {
        explanations[[i, place]] += fits.rows[i].line.coefficients[j];
    }
    let picks = pick(explanations.view(), count);

    let told: Vec<Value> = picks.rows.iter().zip(&picks.covered).map(|(&i, covered)| {
        let rules: Vec<Value> = fits.ranked(i).into_iter().map(|j| {
            json!({ "column": ask.columns.names[j], "rule": fits.condition(&part, i, j),
                    "coefficient": fits.rows[i].line.coefficients[j] })
        }).collect();
        json!({ "row": chosen[i], "prediction": fits.values[i], "r2": fits.rows[i].r2, "covered": covered, "rules": rules })
    }).collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| picks.importance[*b].total_cmp(&picks.importance[*a]));
    let rules: Vec<Value> = order
        .iter()
        .take(50)
        .map(|i| json!({ "rule": names[*i], "importance": picks.importance[*i] }))
        .collect();
    let covered = picks.covered.last().copied().unwrap_or_default();
    let sentence = format!(
        "{} rows of {} explained cover {} of what LIME's rules weigh over these rows.",
        picks.rows.len(),
        chosen.len(),
        words::percent(covered)
    );
    let coefficients = Array2::from_shape_fn((picks.rows.len(), ask.columns.len()), |(k, j)| {
        fits.rows[picks.rows[k]].line.coefficients[j]
    });
    let indices: Array1<f64> = picks.rows.iter().map(|i| chosen[*i] as f64).collect();
    Ok(Outcome::default()
        .with("picked", indices.into_dyn())
        .with("covered", Array1::from(picks.covered).into_dyn())
        .with("coefficients", coefficients.into_dyn())
        .saying("picked", told)
        .saying("rules", rules)
        .saying("sentence", sentence))
}
