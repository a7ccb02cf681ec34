//! How far the attribution moves when the row moves a little (Yeh et al. 2019).

use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::Serialize;

use crate::random::Counter;
use crate::rows::Column;
use crate::{Columns, ExplainError, Runner};

/// Stream of [`Counter`] for the moved rows.
const STREAM: u64 = 46;

/// Runs a method again on other rows (`[rows, columns]`) of the same question; one attribution a row.
pub type Again<'a> = &'a mut dyn FnMut(&mut Runner<'_>, ArrayView2<'_, f64>) -> Result<Array2<f64>, ExplainError>;

/// How far an attribution moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sensitivity {
    /// Most that a number moved, as a share of its column's spread.
    pub radius: f64,
    /// Rows tried.
    pub tries: usize,
    /// Largest ||e(x + d) - e(x)|| / ||e(x)||; none where e(x) is zero.
    pub max: Option<f64>,
    /// Their mean.
    pub mean: Option<f64>,
}

/// ||moved - still|| / ||still||, Euclidean; none where `still` is zero.
pub fn relative_change(still: &[f64], moved: &[f64]) -> Option<f64> {
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let whole = length(&mut still.iter().copied());
    let change = length(&mut still.iter().zip(moved).map(|(a, b)| b - a));
    (whole > 0.0).then(|| change / whole)
}

/// The standard deviation of every column over `background`; 0 for labels and for columns without two values.
pub fn spreads(columns: &Columns, background: &ArrayView2<'_, f64>) -> Vec<f64> {
    let spread = |(kind, values): (&Column, ArrayView1<'_, f64>)| {
        if kind.is_category() {
            return 0.0;
        }
        let seen: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let n = seen.len().max(1) as f64;
        let mean = seen.iter().sum::<f64>() / n;
        (seen.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    columns.kinds.iter().zip(background.columns()).map(spread).collect()
}

/// `tries` rows beside `row`: every number moved by up to `radius` of its column's spread, whole numbers rounded;
/// labels and missing values stay.
pub fn moved_rows(
    row: &ArrayView1<'_, f64>,
    columns: &Columns,
    spreads: &[f64],
    radius: f64,
    tries: usize,
    seed: u64,
) -> Array2<f64> {
    let mut out = Array2::zeros((tries, row.len()));
    for (k, mut moved) in out.rows_mut().into_iter().enumerate() {
        let mut random = Counter::new(seed, STREAM, k as u64);
        for (j, to) in moved.iter_mut().enumerate() {
            let step = (2.0 * random.uniform() - 1.0) * radius * spreads[j];
            *to = match columns.kinds[j] {
                Column::Number => row[j] + step,
                Column::Integer => row[j] + step.round(),
                Column::Category(_) => row[j],
            };
        }
    }
    out
}

/// Explains `moved` again and compares every answer with `attribution`.
pub fn max_sensitivity(
    run: &mut Runner<'_>,
    attribution: &[f64],
    moved: &Array2<f64>,
    radius: f64,
    again: Again<'_>,
) -> Result<Sensitivity, ExplainError> {
    let answers = again(run, moved.view())?;
    if answers.dim() != (moved.nrows(), attribution.len()) {
        return Err(ExplainError::parameters(format!(
            "the method gave attributions of shape {:?} for {} moved rows of {} parts",
            answers.dim(),
            moved.nrows(),
            attribution.len()
        )));
    }
    let changes: Vec<f64> = answers
        .rows()
        .into_iter()
        .filter_map(|answer| relative_change(attribution, &answer.to_vec()))
        .collect();
    let some = !changes.is_empty();
    Ok(Sensitivity {
        radius,
        tries: moved.nrows(),
        max: some.then(|| changes.iter().copied().fold(0.0, f64::max)),
        mean: some.then(|| changes.iter().sum::<f64>() / changes.len() as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::aview1;

    #[test]
    fn labels_and_missing_values_stay_and_whole_numbers_stay_whole() {
        let columns = Columns {
            names: ["a", "b", "c", "d"].map(String::from).to_vec(),
            kinds: vec![
                Column::Number,
                Column::Integer,
                Column::Category(vec!["x".into(), "y".into()]),
                Column::Number,
            ],
        };
        let row = [1.0, 40.0, 1.0, f64::NAN];
        let moved = moved_rows(&aview1(&row), &columns, &[2.0, 50.0, 9.0, 1.0], 0.1, 50, 4);
        for r in moved.rows() {
            assert!((r[0] - 1.0).abs() <= 0.2 && r[1].fract() == 0.0 && (r[1] - 40.0).abs() <= 5.0);
            assert!(r[2].to_bits() == 1.0f64.to_bits() && r[3].is_nan());
        }
        assert!(moved.column(0).iter().any(|v| *v > 1.0) && moved.column(0).iter().any(|v| *v < 1.0));
    }

    #[test]
    fn a_change_is_relative_to_what_stood() {
        assert_eq!(relative_change(&[3.0, 4.0], &[3.0, 9.0]), Some(1.0));
        assert_eq!(relative_change(&[0.0], &[1.0]), None);
    }
}
