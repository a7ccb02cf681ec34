//! Feature permutation a row at a time, as Captum does: the change of a row's output when a column changes rows.

use ndarray::Array2;
use serde_json::{Map, Value};

use super::partial_dependence::copy;
use crate::choice::Choices;
use crate::random::Counter;
use crate::rows::row_scalars;
use crate::{AskRows, ExplainError, Outcome, Runner};
use glassboard_model::OutputSpace;

const STREAM: u64 = 32;

/// A random order for each column and repeat that leaves no row in its place where that is possible: a row's own value
/// would say nothing.
pub fn seeded(seed: u64, repeats: usize) -> impl Fn(usize, usize, usize) -> Vec<usize> {
    move |column, repeat, rows| {
        let mut random = Counter::new(seed, STREAM, (column * repeats + repeat) as u64);
        // A cycle through all rows (Sattolo 1986).
        let mut order: Vec<usize> = (0..rows).collect();
        for i in (1..rows).rev() {
            order.swap(i, random.below(i));
        }
        order
    }
}

/// `f(row) - f(row with a column's value from row order(column, repeat, rows)[i])`, the mean over repeats. Columns that
/// are not among `columns` have 0. Costs `rows x (1 + columns x repeats)` passes.
pub fn feature_permutation(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    columns: &[usize],
    repeats: usize,
    order: impl Fn(usize, usize, usize) -> Vec<usize>,
) -> Result<Outcome, ExplainError> {
    let rows = ask.x.nrows();
    if rows < 2 {
        return Err(ExplainError::parameters(
            "feature permutation needs at least two rows, as it takes values from the others",
        ));
    }
    run.stage("as they are", 0.0, 0.02);
    let before = run.row_values(ask)?;
    let mut attribution = Array2::<f64>::zeros((rows, ask.columns.len()));
    let mut squares = Array2::<f64>::zeros((rows, ask.columns.len()));
    for (k, &column) in columns.iter().enumerate() {
        for repeat in 0..repeats {
            let done =
                |more: usize| 0.02 + 0.98 * (k * repeats + repeat + more) as f64 / (columns.len() * repeats) as f64;
            run.stage(&ask.columns.names[column], done(0), done(1));
            let from = order(column, repeat, rows);
            let outputs = run.rows(ask.columns.len(), rows, &ask.readout, |i, row| {
                copy(ask, i, row);
                row[column] = ask.x[[from[i], column]];
            })?;
            let after = row_scalars(&outputs, OutputSpace::Raw, ask.targets)?;
            for (i, (before, after)) in before.iter().zip(after).enumerate() {
                let mean = &mut attribution[[i, column]];
                let off = before - after - *mean;
                *mean += off / (repeat + 1) as f64;
                squares[[i, column]] += off * (before - after - *mean);
            }
        }
    }
    let mut outcome = Outcome {
        attribution: Some(attribution.mapv(|v| v as f32).into_dyn()),
        ..Outcome::default()
    };
    if repeats > 1 {
        let n = repeats as f64;
        outcome.error = Some(squares.mapv(|s| (s / (n - 1.0) / n).sqrt() as f32).into_dyn());
    }
    Ok(outcome)
}

/// By the parameters of the catalogue.
pub fn answer(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &Map<String, Value>,
    seed: u64,
) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let columns = choices.columns("columns", ask.columns)?;
    let repeats = choices.whole("repeats");
    feature_permutation(run, ask, &columns, repeats, seeded(seed, repeats))
}
