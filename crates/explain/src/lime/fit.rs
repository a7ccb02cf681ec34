//! The weighted linear fit around a row, and which columns it may use.

use ndarray::ArrayView2;

use crate::ridge::{Line, Moments};
use crate::{ExplainError, ridge};

/// How the columns of the fit are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// One by one up to six columns, else by weight.
    Auto,
    /// All.
    All,
    /// One by one, each time the one that raises R² most.
    Forward,
    /// Those that contribute most to the row in a fit of all.
    HighestWeights,
    /// Those that the lasso keeps.
    LassoPath,
}

impl Selection {
    /// By its name in the catalogue.
    pub fn parse(name: &str) -> Result<Self, ExplainError> {
        Ok(match name {
            "auto" => Self::Auto,
            "none" => Self::All,
            "forward_selection" => Self::Forward,
            "highest_weights" => Self::HighestWeights,
            "lasso_path" => Self::LassoPath,
            _ => {
                return Err(ExplainError::parameters(format!(
                    "there is no feature selection `{name}`"
                )));
            }
        })
    }
}

/// Penalty of the fit.
const ALPHA: f64 = 1.0;
/// Penalty of the fit that ranks columns by weight.
const RANKING_ALPHA: f64 = 0.01;

/// A fit around a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Coefficients, zero for columns that were not chosen, and the intercept.
    pub line: Line,
    /// What the fit says of the row.
    pub prediction: f64,
    /// Weighted share of the variance around the row that it accounts for (R²).
    pub r2: f64,
    /// Standard error of each coefficient: how far another seed's would lie (White 1980).
    pub error: Vec<f64>,
}

impl Fit {
    /// What the fit's R² says of it.
    pub(crate) fn trust(&self) -> &'static str {
        match self.r2 {
            r if r >= 0.7 => "it describes the model well here",
            r if r >= 0.3 => "it describes the model roughly here",
            _ => "it describes the model badly here: do not rely on the coefficients",
        }
    }
}

/// Euclidean distance of each row of `seen` from its first.
pub fn distances(seen: ArrayView2<'_, f64>) -> Vec<f64> {
    let first = seen.row(0);
    seen.rows()
        .into_iter()
        .map(|row| {
            row.iter()
                .zip(first)
                .map(|(a, b)| (a - b) * (a - b))
                .sum::<f64>()
                .sqrt()
        })
        .collect()
}

/// `sqrt(exp(-d² / width²))` for each distance.
pub fn weights(distances: &[f64], width: f64) -> Vec<f64> {
    distances.iter().map(|d| (-0.5 * (d / width).powi(2)).exp()).collect()
}

/// Fits `answer` on `seen` (`[samples, columns]`, the row itself first).
pub fn fit(seen: ArrayView2<'_, f64>, answer: &[f64], weights: &[f64], selection: Selection, features: usize) -> Fit {
    let moments = Moments::of(seen, answer, weights);
    let chosen = choose(&moments, seen, selection, features.max(1));
    let line = moments.ridge(&chosen, ALPHA);
    let prediction = line.predict(seen.row(0).iter().copied());
    let r2 = moments.r2(&line);
    let error = errors(&moments, seen, answer, weights, &chosen, &line);
    Fit {
        line,
        prediction,
        r2,
        error,
    }
}

fn choose(moments: &Moments, seen: ArrayView2<'_, f64>, selection: Selection, features: usize) -> Vec<usize> {
    let all: Vec<usize> = (0..moments.columns()).collect();
    match selection {
        Selection::All => all,
        Selection::Auto if features <= 6 => forward(moments, features),
        Selection::Forward => forward(moments, features),
        Selection::Auto | Selection::HighestWeights => {
            let line = moments.ridge(&all, RANKING_ALPHA);
            let size = |j: usize| (line.coefficients[j] * seen[[0, j]]).abs();
            let mut order = all;
            order.sort_by(|a, b| size(*b).total_cmp(&size(*a)));
            order.truncate(features);
            order
        }
        Selection::LassoPath => {
            let path = moments.lasso_path();
            let few = path.iter().skip(1).rev().find(|corner| corner.len() <= features);
            few.or(path.get(1)).cloned().unwrap_or_default()
        }
    }
}

fn forward(moments: &Moments, features: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for _ in 0..features.min(moments.columns()) {
        let mut best: Option<(f64, usize)> = None;
        for column in (0..moments.columns()).filter(|c| !chosen.contains(c)) {
            let with: Vec<usize> = chosen.iter().copied().chain([column]).collect();
            let r2 = moments.r2(&moments.ridge(&with, 0.0));
            if best.is_none_or(|(most, _)| r2 > most) {
                best = Some((r2, column));
            }
        }
        chosen.extend(best.map(|(_, column)| column));
    }
    chosen
}

fn errors(
    moments: &Moments,
    seen: ArrayView2<'_, f64>,
    answer: &[f64],
    weights: &[f64],
    chosen: &[usize],
    line: &Line,
) -> Vec<f64> {
    let size = chosen.len();
    let mut middle = vec![0.0; size * size];
    let mut part = vec![0.0; size];
    for ((row, y), w) in seen.rows().into_iter().zip(answer).zip(weights) {
        let mut off = y - line.intercept;
        for (to, &j) in part.iter_mut().zip(chosen) {
            off -= line.coefficients[j] * row[j];
            *to = row[j] - moments.mean[j];
        }
        let square = (w * off).powi(2);
        for i in 0..size {
            let scaled = square * part[i];
            middle[i * size..][..size]
                .iter_mut()
                .zip(&part)
                .for_each(|(sum, v)| *sum += scaled * v);
        }
    }
    let factor: ridge::Factor = moments.factor(chosen, ALPHA);
    let mut error = vec![0.0; moments.columns()];
    for (i, &column) in chosen.iter().enumerate() {
        let mut unit = vec![0.0; size];
        unit[i] = 1.0;
        let line = factor.solve(&unit);
        let mut variance = 0.0;
        for (a, row) in line.iter().zip(middle.chunks_exact(size)) {
            variance += a * row.iter().zip(&line).map(|(m, b)| m * b).sum::<f64>();
        }
        error[column] = variance.max(0.0).sqrt();
    }
    error
}
