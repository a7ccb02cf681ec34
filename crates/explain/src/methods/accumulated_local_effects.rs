//! Accumulated local effects (Apley & Zhu 2020): the effect of a column without rows that cannot be.

use ndarray::Array2;
use serde_json::{Map, Value, json};

use super::partial_dependence::{copy, deviation, labels};
use crate::choice::Choices;
use crate::grid::sorted;
use crate::rows::row_scalars;
use crate::similarity;
use crate::{AskRows, ExplainError, Outcome, Runner};
use glassboard_model::OutputSpace;

/// Rows that are run at once, twice each.
const CHUNK: usize = 1 << 16;

/// For each of `columns`: between neighbouring points (at most `intervals` of them), the mean change of the output when
/// a row that lies there goes from one to the other, added up from the first point and shifted to a mean of zero over
/// the rows. Arrays, NaN where a column has fewer points than another, `[columns, points]`: `grid`, `effect`, `error`
/// (standard error of the way from the first point), `rows` (how many lie in the interval that ends there). Two passes
/// a row and column. Labels are ordered by how alike their rows are in the other columns.
pub fn accumulated_local_effects(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    columns: &[usize],
    intervals: usize,
) -> Result<Outcome, ExplainError> {
    let mut curves = Vec::new();
    for (k, &column) in columns.iter().enumerate() {
        run.stage(
            &ask.columns.names[column],
            k as f64 / columns.len() as f64,
            (k + 1) as f64 / columns.len() as f64,
        );
        let moves = if ask.columns.kinds[column].is_category() {
            labelled(ask, column)
        } else {
            numeric(ask, column, intervals)
        };
        if moves.points.is_empty() {
            return Err(ExplainError::parameters(format!(
                "every value of column `{}` is missing; leave it out",
                ask.columns.names[column]
            )));
        }
        curves.push(accumulate(run, ask, column, moves)?);
    }
    let most = curves.iter().map(|curve| curve.points.len()).max().unwrap_or(0);
    let [mut grid, mut effect, mut error, mut rows] =
        [(); 4].map(|()| Array2::from_elem((columns.len(), most), f64::NAN));
    let mut found = Vec::new();
    for (k, (curve, &column)) in curves.iter().zip(columns).enumerate() {
        for (j, point) in curve.points.iter().enumerate() {
            (grid[[k, j]], effect[[k, j]]) = (*point, curve.effect[j]);
            (error[[k, j]], rows[[k, j]]) = (curve.error[j], curve.rows[j]);
        }
        found.push(json!({
            "column": column,
            "name": ask.columns.names[column],
            "points": curve.points.len(),
            "labels": labels(ask, column, &curve.points),
            "flatness": deviation(&curve.effect),
        }));
    }
    Ok(Outcome::default()
        .with("grid", grid.into_dyn())
        .with("effect", effect.into_dyn())
        .with("error", error.into_dyn())
        .with("rows", rows.into_dyn())
        .saying("columns", Value::Array(found)))
}

/// Points in order; the rows that go from point `interval` to the next; how many rows each point weighs for the mean.
struct Moves {
    points: Vec<f64>,
    /// (row, interval)
    steps: Vec<(usize, usize)>,
    /// How many rows lie in each interval (numbers), or at each point (labels).
    weights: Vec<f64>,
    labels: bool,
}

/// Intervals between quantiles that are values of the column; a row lies in the one that its value ends or is within.
fn numeric(ask: &AskRows<'_>, column: usize, intervals: usize) -> Moves {
    let values = sorted(ask.x.column(column).iter().copied());
    let mut points = Vec::new();
    if let Some(last) = values.len().checked_sub(1) {
        points.push(values[0]);
        let at = |k: usize| ((k * values.len()).div_ceil(intervals.max(1))).clamp(1, last + 1) - 1;
        points.extend((1..=intervals.max(1)).map(|k| values[at(k)]));
        points.dedup();
    }
    let count = points.len().saturating_sub(1);
    let mut weights = vec![0.0; count];
    let mut steps = Vec::new();
    for (row, value) in ask.x.column(column).iter().enumerate() {
        if value.is_nan() || count == 0 {
            continue;
        }
        let interval = points.partition_point(|point| point < value).clamp(1, count) - 1;
        weights[interval] += 1.0;
        steps.push((row, interval));
    }
    Moves {
        points,
        steps,
        weights,
        labels: false,
    }
}

/// Labels by similarity; a row goes from its label to the next and from the one before to its own.
fn labelled(ask: &AskRows<'_>, column: usize) -> Moves {
    let order = similarity::order(ask, column);
    let mut weights = vec![0.0; order.len()];
    let mut steps = Vec::new();
    for (row, value) in ask.x.column(column).iter().enumerate() {
        let Some(place) = order.iter().position(|label| label.total_cmp(&(value + 0.0)).is_eq()) else {
            continue;
        };
        weights[place] += 1.0;
        if place + 1 < order.len() {
            steps.push((row, place));
        }
        if place > 0 {
            steps.push((row, place - 1));
        }
    }
    Moves {
        points: order,
        steps,
        weights,
        labels: true,
    }
}

struct Curve {
    points: Vec<f64>,
    effect: Vec<f64>,
    error: Vec<f64>,
    rows: Vec<f64>,
}

fn accumulate(run: &mut Runner<'_>, ask: &AskRows<'_>, column: usize, moves: Moves) -> Result<Curve, ExplainError> {
    let count = moves.points.len() - 1;
    let (mut n, mut sum, mut square) = (vec![0.0f64; count], vec![0.0f64; count], vec![0.0f64; count]);
    for steps in moves.steps.chunks(CHUNK) {
        let outputs = run.rows(ask.columns.len(), 2 * steps.len(), &ask.readout, |i, row| {
            let (from, interval) = steps[i / 2];
            copy(ask, from, row);
            row[column] = moves.points[interval + i % 2];
        })?;
        let targets: Vec<usize> = (0..2 * steps.len()).map(|i| ask.targets[steps[i / 2].0]).collect();
        let values = row_scalars(&outputs, OutputSpace::Raw, &targets)?;
        for (pair, &(_, k)) in values.chunks_exact(2).zip(steps) {
            let change = pair[1] - pair[0];
            n[k] += 1.0;
            let off = change - sum[k];
            // A running mean, so that many rows lose nothing.
            sum[k] += off / n[k];
            square[k] += off * (change - sum[k]);
        }
    }
    let (mut effect, mut variance) = (vec![0.0], vec![0.0]);
    for k in 0..count {
        effect.push(effect[k] + sum[k]);
        variance.push(
            variance[k]
                + if n[k] > 1.0 {
                    square[k] / (n[k] - 1.0) / n[k]
                } else {
                    0.0
                },
        );
    }
    // An interval of numbers weighs with the mean of its two ends.
    let (mut mean, mut total) = (0.0, 0.0);
    for (k, weight) in moves.weights.iter().enumerate() {
        mean += weight
            * if moves.labels {
                effect[k]
            } else {
                f64::midpoint(effect[k], effect[k + 1])
            };
        total += weight;
    }
    if total > 0.0 {
        for value in &mut effect {
            *value -= mean / total;
        }
    }
    let mut rows = if moves.labels { Vec::new() } else { vec![0.0] };
    rows.extend(&moves.weights);
    Ok(Curve {
        points: moves.points,
        effect,
        error: variance.into_iter().map(f64::sqrt).collect(),
        rows,
    })
}

/// By the parameters of the catalogue.
pub fn answer(run: &mut Runner<'_>, ask: &AskRows<'_>, params: &Map<String, Value>) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let columns = choices.columns("columns", ask.columns)?;
    accumulated_local_effects(run, ask, &columns, choices.whole("intervals"))
}
