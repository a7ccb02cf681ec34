//! Interventional values: from the question to the walks.

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::Tree;
use ndarray::{Array2, s};

use super::coalitions::Weights;
use super::interventional::Interventional;
use super::lanes::blocks;
use super::pairs::{Factors, Pairs};
use super::scale::Scale;
use super::{drive, margins};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

/// Pairs of rows whose factors are held at once.
const PAIRS: usize = 1 << 22;

/// Values against `extras.background`, of the raw output or of a function of it.
pub fn explain(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    ensemble: &TreeEnsemble,
    scale: Scale,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let background = extras.background;
    if background.is_empty() || background.ncols() != ensemble.features {
        return Err(ExplainError::parameters(format!(
            "interventional values need background rows of {} columns; give some, or explain the raw output with \
             perturbation path_dependent",
            ensemble.features
        )));
    }
    let truth = truth(ask, scale, extras)?;
    let count = background.nrows();
    let before = margins(ensemble, background);
    let blocks = blocks(ensemble, background, &vec![0; count]);
    let weights = Weights::new(ensemble.trees.iter().map(Tree::depth).max().unwrap_or(0));
    let common = || Interventional {
        features: ensemble.features,
        background: &blocks,
        weights: &weights,
    };
    let bases = ask.targets.iter().zip(&truth).map(|(target, truth)| {
        let sum: f64 = before.column(*target).iter().map(|m| scale.at(*m, *truth)).sum();
        sum / count as f64
    });
    let bases: Vec<f64> = bases.collect();
    if scale == Scale::Raw {
        let walk = Pairs {
            common: common(),
            count,
            factors: None,
        };
        let values = drive::sums(run, ensemble, None, (ask.x, ask.targets), &walk)?;
        return Ok(Outcome::of_rows(&values, bases).saying("background_rows", count));
    }
    let after = margins(ensemble, ask.x);
    let rows = ask.x.nrows();
    let mut values = Array2::zeros((rows, ensemble.features));
    let step = (PAIRS / count).max(1);
    for first in (0..rows).step_by(step) {
        let last = (first + step).min(rows);
        run.stage("pairs of rows", first as f64 / rows as f64, last as f64 / rows as f64);
        let of_row: Vec<Vec<f64>> = (first..last)
            .map(|row| {
                let target = ask.targets[row];
                let margins = before.column(target).to_vec();
                let factor = |from: f64| scale.factor(from, after[[row, target]], truth[row]) / count as f64;
                margins.into_iter().map(factor).collect()
            })
            .collect();
        let walk = Pairs {
            common: common(),
            count,
            factors: Some(Factors { of_row: &of_row }),
        };
        let part = (ask.x.slice(s![first..last, ..]), &ask.targets[first..last]);
        let sums = drive::sums(run, ensemble, None, part, &walk)?;
        values.slice_mut(s![first..last, ..]).assign(&sums);
    }
    Ok(Outcome::of_rows(&values, bases).saying("background_rows", count))
}

/// The true class of each row where a loss is explained, otherwise zeros.
fn truth(ask: &AskRows<'_>, scale: Scale, extras: RowExtras<'_>) -> Result<Vec<f64>, ExplainError> {
    let rows = ask.x.nrows();
    if !matches!(scale, Scale::LogLoss { .. }) {
        return Ok(vec![0.0; rows]);
    }
    let Some(truth) = extras.truth.filter(|truth| truth.len() == rows) else {
        return Err(ExplainError::parameters(
            "the log loss needs the true answer of every row; name the table's target column",
        ));
    };
    #[expect(clippy::float_cmp, reason = "classes are whole numbers")]
    let odd = truth.iter().position(|y| *y != 0.0 && *y != 1.0);
    if let Some(row) = odd {
        return Err(ExplainError::parameters(format!(
            "the log loss needs true answers of 0 or 1; row {row} has {}",
            truth[row]
        )));
    }
    Ok(truth.to_vec())
}
