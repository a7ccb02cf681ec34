//! Partial dependence (Friedman 2001) and individual conditional expectation (Goldstein et al. 2015).

use ndarray::{Array2, Array3};
use serde_json::{Map, Value, json};

use crate::choice::Choices;
use crate::grid::{Grid, grid, quantile, sorted};
use crate::sweep::{Sweep, sweep};
use crate::{AskRows, Column, ExplainError, Outcome, Runner};

/// Most numbers that the curves of single rows take; fewer rows are kept where they would be more.
const MOST_KEPT: usize = 1 << 22;

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which columns.
    pub columns: Vec<usize>,
    /// Points of a column that has as many values.
    pub points: usize,
    /// Quantiles between which the points lie.
    pub share: (f64, f64),
    /// Rows whose own curve is kept, evenly spaced in the set; 0 for the mean alone.
    pub curves: usize,
    /// Curves start at zero, so that their shapes can be compared.
    pub centred: bool,
    /// Rows that are used, evenly spaced in the set; 0 for all.
    pub rows: usize,
}

/// Mean and spread of the output with one column set to each point of its grid, over the rows of `ask`, and the curve
/// of each row that is kept. Arrays, NaN where a column has fewer points than another: `grid`, `mean`, `spread`
/// (`[columns, points]`; the spread is the standard deviation over rows), `curves` (`[columns, rows, points]`), `rows`.
pub fn partial_dependence(run: &mut Runner<'_>, ask: &AskRows<'_>, options: &Options) -> Result<Outcome, ExplainError> {
    let used = evenly(ask.x.nrows(), options.rows);
    let grids: Vec<Grid> = options
        .columns
        .iter()
        .map(|&column| column_grid(ask, column, options.points, options.share))
        .collect::<Result<_, _>>()?;
    let most = grids.iter().map(|grid| grid.points.len()).max().unwrap_or(0);
    let limit = MOST_KEPT / (most * grids.len()).max(1);
    let kept = match options.curves.min(limit) {
        0 => Vec::new(),
        count => evenly(used.len(), count),
    };
    let shape = (grids.len(), most);
    let [mut points, mut mean, mut spread] = [(); 3].map(|()| Array2::from_elem(shape, f64::NAN));
    let mut curves = Array3::from_elem((grids.len(), kept.len(), most), f64::NAN);
    let mut found = Vec::new();
    for (k, (grid, &column)) in grids.iter().zip(&options.columns).enumerate() {
        let count = grid.points.len();
        let mut sums = Sums::new(count);
        let mut next = 0;
        let at = Sweep {
            column,
            points: &grid.points,
            share: (k as f64 / grids.len() as f64, (k + 1) as f64 / grids.len() as f64),
        };
        let fill = |i: usize, row: &mut [f64]| copy(ask, used[i], row);
        sweep(
            run,
            ask,
            at,
            used.len(),
            fill,
            |i| ask.targets[used[i]],
            |i, values| {
                let start = if options.centred { values[0] } else { 0.0 };
                sums.add(values.iter().map(|v| v - start));
                if kept.get(next) == Some(&i) {
                    let curve = curves.slice_mut(ndarray::s![k, next, ..count]);
                    curve.into_iter().zip(values).for_each(|(to, v)| *to = v - start);
                    next += 1;
                }
            },
        )?;
        for (j, point) in grid.points.iter().enumerate() {
            points[[k, j]] = *point;
            mean[[k, j]] = sums.mean[j];
            spread[[k, j]] = (sums.square[j] / sums.count).sqrt();
        }
        found.push(describe(ask, column, grid, &sums.mean));
    }
    let rows = kept.iter().map(|&i| used[i] as f64);
    Ok(Outcome::default()
        .with("grid", points.into_dyn())
        .with("mean", mean.into_dyn())
        .with("spread", spread.into_dyn())
        .with("curves", curves.into_dyn())
        .with("rows", rows.collect::<ndarray::Array1<f64>>().into_dyn())
        .saying("columns", found)
        .saying("rows_used", used.len())
        .saying("centred", options.centred))
}

/// Running means and sums of squared deviations, a point each (Welford 1962), in the order of the rows.
struct Sums {
    count: f64,
    mean: Vec<f64>,
    square: Vec<f64>,
}

impl Sums {
    fn new(points: usize) -> Self {
        Self {
            count: 0.0,
            mean: vec![0.0; points],
            square: vec![0.0; points],
        }
    }

    fn add(&mut self, values: impl Iterator<Item = f64>) {
        self.count += 1.0;
        for ((mean, square), value) in self.mean.iter_mut().zip(&mut self.square).zip(values) {
            let off = value - *mean;
            *mean += off / self.count;
            *square += off * (value - *mean);
        }
    }
}

/// The grid of a column, or a sentence where it has no value.
pub(crate) fn column_grid(
    ask: &AskRows<'_>,
    column: usize,
    points: usize,
    share: (f64, f64),
) -> Result<Grid, ExplainError> {
    if share.0 >= share.1 {
        return Err(ExplainError::parameters(format!(
            "the grid would go from quantile {} to quantile {}; the first must be the lower",
            share.0, share.1
        )));
    }
    grid(
        ask.x.column(column).iter().copied(),
        &ask.columns.kinds[column],
        points,
        share,
    )
    .ok_or_else(|| {
        ExplainError::parameters(format!(
            "every value of column `{}` is missing; leave it out",
            ask.columns.names[column]
        ))
    })
}

/// `count` of `0..all`, evenly spaced; all of them where `count` is 0 or no fewer.
pub(crate) fn evenly(all: usize, count: usize) -> Vec<usize> {
    match count {
        0 => (0..all).collect(),
        count if count >= all => (0..all).collect(),
        count => (0..count).map(|i| i * all / count).collect(),
    }
}

/// Writes row `i` of `ask` on `row`.
pub(crate) fn copy(ask: &AskRows<'_>, i: usize, row: &mut [f64]) {
    row.iter_mut().zip(ask.row(i)).for_each(|(to, from)| *to = *from);
}

/// What a reader needs to draw the axis of a column: its labels, its distribution, and how far the curve goes.
fn describe(ask: &AskRows<'_>, column: usize, grid: &Grid, mean: &[f64]) -> Value {
    let values = sorted(ask.x.column(column).iter().copied());
    let deciles: Vec<f64> = (1..10).map(|d| quantile(&values, f64::from(d) / 10.0)).collect();
    let missing = ask.x.nrows() - values.len();
    json!({
        "column": column,
        "name": ask.columns.names[column],
        "points": grid.points.len(),
        "origin": grid.origin.name(),
        "labels": labels(ask, column, &grid.points),
        "deciles": deciles,
        "missing": missing,
        "flatness": deviation(mean),
        "range": mean.iter().copied().fold(f64::NEG_INFINITY, f64::max) - mean.iter().copied().fold(f64::INFINITY, f64::min),
    })
}

/// The labels of `points`, where the column holds labels.
pub(crate) fn labels(ask: &AskRows<'_>, column: usize, points: &[f64]) -> Option<Vec<String>> {
    let Column::Category(labels) = &ask.columns.kinds[column] else {
        return None;
    };
    let label = |point: &f64| {
        labels
            .get(*point as usize)
            .cloned()
            .unwrap_or_else(|| point.to_string())
    };
    Some(points.iter().map(label).collect())
}

/// Standard deviation of a curve over its points: how much it matters (Greenwell et al. 2018).
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// By the parameters of the catalogue.
pub fn answer(run: &mut Runner<'_>, ask: &AskRows<'_>, params: &Map<String, Value>) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let options = Options {
        columns: choices.columns("columns", ask.columns)?,
        points: choices.whole("points"),
        share: (choices.real("from"), choices.real("to")),
        curves: choices.whole("curves"),
        centred: choices.flag("centred"),
        rows: choices.whole("rows"),
    };
    partial_dependence(run, ask, &options)
}
