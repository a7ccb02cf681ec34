//! Rows for fitting and rows kept apart, on which the fit is judged.

use ndarray::{Array2, Axis};

use crate::random::Counter;
use crate::verdict::Verdict;
use crate::{AskRows, ExplainError, Runner};

const STREAM: u64 = 72;
/// Rows below which nothing can be both fitted and judged.
const FEWEST: usize = 10;

/// A data set in two parts, with what the model says of each row.
#[derive(Debug)]
pub struct Parts {
    /// Rows and answers to fit.
    pub fitted: Part,
    /// Rows and answers to judge by.
    pub held: Part,
    /// How the outputs are read.
    pub answers: Verdict,
    /// Outputs a row.
    pub width: usize,
}

/// Some rows with the model's answers.
#[derive(Debug)]
pub struct Part {
    /// `[rows, columns]`.
    pub x: Array2<f64>,
    /// The model's class of each.
    pub classes: Vec<usize>,
    /// The explained scalar of each.
    pub values: Vec<f64>,
}

/// Parts the rows of `ask` at random: `share` of them is held out.
pub fn part(run: &mut Runner<'_>, ask: &AskRows<'_>, share: f64, seed: u64) -> Result<Parts, ExplainError> {
    let rows = ask.x.nrows();
    if rows < FEWEST {
        return Err(ExplainError::parameters(format!(
            "a surrogate is fitted on some rows and judged on others; {rows} are too few, give at least {FEWEST}"
        )));
    }
    let outputs = run.rows(ask.columns.len(), rows, &ask.readout, |i, row| {
        row.iter_mut().zip(ask.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    let answers = Verdict::of(outputs.ncols(), &ask.readout);
    let mut order = Counter::new(seed, STREAM, 0).permutation(rows);
    let held = ((share * rows as f64).round() as usize).clamp(1, rows - 1);
    let mut kept = order.split_off(held);
    order.sort_unstable();
    kept.sort_unstable();
    let take = |chosen: &[usize]| -> Result<Part, ExplainError> {
        let mut values = Vec::with_capacity(chosen.len());
        for &i in chosen {
            let value = outputs.row(i).get(ask.targets[i]).copied();
            values.push(value.ok_or_else(|| {
                ExplainError::parameters(format!(
                    "target {} is out of range: the output has {} values a row",
                    ask.targets[i],
                    outputs.ncols()
                ))
            })?);
        }
        Ok(Part {
            x: ask.x.select(Axis(0), chosen),
            classes: chosen.iter().map(|i| answers.class(outputs.row(*i))).collect(),
            values,
        })
    };
    Ok(Parts {
        fitted: take(&kept)?,
        held: take(&order)?,
        answers,
        width: outputs.ncols(),
    })
}

/// Share of `told` that equals `want`.
pub fn agreement(told: &[usize], want: &[usize]) -> f64 {
    told.iter().zip(want).filter(|(a, b)| a == b).count() as f64 / want.len().max(1) as f64
}

/// Share of the variance of `want` that `told` accounts for; 0 is no better than their mean.
pub fn r2(told: &[f64], want: &[f64]) -> f64 {
    let mean = want.iter().sum::<f64>() / want.len().max(1) as f64;
    let whole: f64 = want.iter().map(|w| (w - mean).powi(2)).sum();
    let left: f64 = told.iter().zip(want).map(|(t, w)| (t - w).powi(2)).sum();
    if whole > 0.0 {
        1.0 - left / whole
    } else {
        f64::from(u8::from(left <= f64::EPSILON))
    }
}

/// The largest share that one class has.
pub fn commonest(classes: &[usize]) -> f64 {
    let most = classes.iter().copied().max().unwrap_or(0);
    let counts = (0..=most).map(|c| classes.iter().filter(|x| **x == c).count());
    counts.max().unwrap_or(0) as f64 / classes.len().max(1) as f64
}
