//! Partial dependence on two columns at once (Friedman 2001), with how much of it is interaction.

use ndarray::{Array2, Array3};
use serde_json::{Map, Value, json};

use super::partial_dependence::{column_grid, copy, deviation, evenly, labels};
use crate::choice::{Choices, named, pieces};
use crate::sweep::{Sweep, sweep};
use crate::{AskRows, Columns, ExplainError, Outcome, Runner};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Options {
    /// Pairs of columns.
    pub pairs: Vec<(usize, usize)>,
    /// Points along each column that has as many values.
    pub points: usize,
    /// Quantiles between which the points lie.
    pub share: (f64, f64),
    /// Rows that are used, evenly spaced in the set; 0 for all.
    pub rows: usize,
}

/// Pairs as a user writes them: `age, income; age, sex`.
pub fn pairs(columns: &Columns, text: &str) -> Result<Vec<(usize, usize)>, ExplainError> {
    let mut found = Vec::new();
    for pair in pieces(text, ';') {
        match named(columns, &pair)?[..] {
            [a, b] => found.push((a, b)),
            _ => {
                return Err(ExplainError::parameters(format!(
                    "`{pair}` is not a pair of columns; write two names with a comma between, and `;` between pairs"
                )));
            }
        }
    }
    if found.is_empty() {
        return Err(ExplainError::parameters(
            "no pair is named; write two names with a comma between",
        ));
    }
    Ok(found)
}

/// The two columns whose curves move most, from a coarse look at the set: what is drawn where no pair is named.
pub fn strongest(run: &mut Runner<'_>, ask: &AskRows<'_>, share: (f64, f64)) -> Result<(usize, usize), ExplainError> {
    const POINTS: usize = 8;
    const ROWS: usize = 64;
    let rows = evenly(ask.x.nrows(), ROWS);
    let mut moved = Vec::new();
    for column in 0..ask.columns.len() {
        let Ok(grid) = column_grid(ask, column, POINTS, share) else {
            continue;
        };
        let mut sums = vec![0.0; grid.points.len()];
        let at = Sweep {
            column,
            points: &grid.points,
            share: (0.0, 0.0),
        };
        let fill = |i: usize, row: &mut [f64]| copy(ask, rows[i], row);
        sweep(
            run,
            ask,
            at,
            rows.len(),
            fill,
            |i| ask.targets[rows[i]],
            |_, values| {
                sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
            },
        )?;
        moved.push((deviation(&sums), column));
    }
    moved.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    match moved[..] {
        [(_, a), (_, b), ..] => Ok((a, b)),
        _ => Err(ExplainError::parameters("a pair needs two columns that have values")),
    }
}

/// Mean output with two columns set to each pair of their points. Arrays: `mean` (`[pairs, points, points]`, first axis
/// of a surface the first column), `grid_first`, `grid_second` (`[pairs, points]`); NaN where there are fewer points.
/// `found.pairs` says which columns, and which share of the surface's variance is no sum of two curves.
pub fn partial_dependence_2d(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    options: &Options,
) -> Result<Outcome, ExplainError> {
    let used = evenly(ask.x.nrows(), options.rows);
    let of = |column| column_grid(ask, column, options.points, options.share);
    let grids = options.pairs.iter().map(|&(a, b)| Ok((of(a)?, of(b)?)));
    let grids: Vec<_> = grids.collect::<Result<_, ExplainError>>()?;
    let most = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let first_most = most(&mut grids.iter().map(|(a, _)| a.points.len()));
    let second_most = most(&mut grids.iter().map(|(_, b)| b.points.len()));
    let count = grids.len();
    let mut mean = Array3::from_elem((count, first_most, second_most), f64::NAN);
    let mut firsts = Array2::from_elem((count, first_most), f64::NAN);
    let mut seconds = Array2::from_elem((count, second_most), f64::NAN);
    let mut found = Vec::new();
    for (k, ((first, second), &(a, b))) in grids.iter().zip(&options.pairs).enumerate() {
        let (rows, columns) = (first.points.len(), second.points.len());
        let mut sums = Array2::<f64>::zeros((rows, columns));
        let at = Sweep {
            column: b,
            points: &second.points,
            share: (k as f64 / count as f64, (k + 1) as f64 / count as f64),
        };
        let fill = |i: usize, row: &mut [f64]| {
            copy(ask, used[i / rows], row);
            row[a] = first.points[i % rows];
        };
        let class = |i: usize| ask.targets[used[i / rows]];
        sweep(run, ask, at, used.len() * rows, fill, class, |i, values| {
            let line = sums.row_mut(i % rows);
            line.into_iter().zip(values).for_each(|(sum, v)| *sum += v);
        })?;
        sums /= used.len() as f64;
        mean.slice_mut(ndarray::s![k, ..rows, ..columns]).assign(&sums);
        firsts
            .row_mut(k)
            .iter_mut()
            .zip(&first.points)
            .for_each(|(to, v)| *to = *v);
        seconds
            .row_mut(k)
            .iter_mut()
            .zip(&second.points)
            .for_each(|(to, v)| *to = *v);
        found.push(json!({
            "first": { "column": a, "name": ask.columns.names[a], "points": rows, "labels": labels(ask, a, &first.points) },
            "second": { "column": b, "name": ask.columns.names[b], "points": columns, "labels": labels(ask, b, &second.points) },
            "interaction": interaction(&sums),
        }));
    }
    Ok(Outcome::default()
        .with("mean", mean.into_dyn())
        .with("grid_first", firsts.into_dyn())
        .with("grid_second", seconds.into_dyn())
        .saying("pairs", Value::Array(found))
        .saying("rows_used", used.len()))
}

/// The share of a surface's variance that no sum of a curve in each direction explains, 0 to 1.
pub fn interaction(surface: &Array2<f64>) -> f64 {
    let Some(mean) = surface.mean() else { return 0.0 };
    let rows: Vec<f64> = surface.rows().into_iter().map(|r| r.mean().unwrap_or(mean)).collect();
    let columns: Vec<f64> = surface
        .columns()
        .into_iter()
        .map(|c| c.mean().unwrap_or(mean))
        .collect();
    let (mut total, mut left) = (0.0, 0.0);
    for ((i, j), value) in surface.indexed_iter() {
        total += (value - mean).powi(2);
        left += (value - rows[i] - columns[j] + mean).powi(2);
    }
    // A surface that is flat but for rounding has no interaction either.
    if total <= 1e-20 * mean * mean * surface.len() as f64 {
        0.0
    } else {
        left / total
    }
}

/// By the parameters of the catalogue; the pair that was chosen is written into them.
pub fn answer(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &mut Map<String, Value>,
) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let share = (choices.real("from"), choices.real("to"));
    let (points, rows) = (choices.whole("points"), choices.whole("rows"));
    let pairs = if let Some(text) = choices.text("pairs") {
        pairs(ask.columns, text)?
    } else {
        let (a, b) = strongest(run, ask, share)?;
        let quote = |column: usize| crate::cohort::quoted(&ask.columns.names[column]);
        params.insert("pairs".into(), format!("{}, {}", quote(a), quote(b)).into());
        vec![(a, b)]
    };
    let options = Options {
        pairs,
        points,
        share,
        rows,
    };
    partial_dependence_2d(run, ask, &options)
}
