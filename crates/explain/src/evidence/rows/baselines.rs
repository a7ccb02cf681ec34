//! What the features of a row are exchanged for.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use crate::evidence::statistics::same;
use crate::random::Counter;
use crate::{Column, Columns, ExplainError};

/// Stream of [`Counter`] for the background rows that are drawn.
const STREAM: u64 = 45;

/// A baseline of rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct RowBaseline {
    /// How a sentence calls it: "the typical row".
    pub name: String,
    /// One row, or several over whose answers the mean is taken; `[rows, columns]`.
    pub rows: Array2<f64>,
}

/// The baselines that fit a table with this background (`[rows, columns]`):
///
/// - the typical row: of numbers the median, of labels the most frequent;
/// - up to `sample` rows of the background, drawn by `seed`; the answer is their mean;
/// - zeros, where every column is a number whose range holds zero.
///
/// A background of a single row gives one baseline alone, and [`super::row_sentences`] says so.
pub fn row_baselines(
    columns: &Columns,
    background: &ArrayView2<'_, f64>,
    sample: usize,
    seed: u64,
) -> Result<Vec<RowBaseline>, ExplainError> {
    if background.nrows() == 0 || background.ncols() != columns.len() {
        return Err(ExplainError::parameters(format!(
            "evidence exchanges features for those of background rows, and there are {} rows of {} columns for {} columns; give background rows",
            background.nrows(),
            background.ncols(),
            columns.len()
        )));
    }
    let baseline = |name: String, rows: Array2<f64>| RowBaseline { name, rows };
    if background.nrows() == 1 {
        return Ok(vec![baseline(
            "the only background row".to_owned(),
            background.to_owned(),
        )]);
    }
    let typical: Vec<f64> = background
        .columns()
        .into_iter()
        .zip(&columns.kinds)
        .map(|(values, kind)| typical(&values, kind))
        .collect();
    let mut drawn = Counter::new(seed, STREAM, 0).permutation(background.nrows());
    drawn.truncate(sample.max(2));
    drawn.sort_unstable();
    let drawn_rows = background.select(Axis(0), &drawn);
    let row = |values: &[f64]| ArrayView1::from(values).insert_axis(Axis(0)).to_owned();
    let mut out = vec![
        baseline("the typical row".to_owned(), row(&typical)),
        baseline(format!("{} background rows", drawn.len()), drawn_rows),
    ];
    if holds_zero(columns, background) {
        out.push(baseline("zeros".to_owned(), row(&vec![0.0; columns.len()])));
    }
    Ok(out)
}

/// The median of numbers (of whole numbers, one that occurs), the most frequent of labels; missing where all are.
fn typical(values: &ArrayView1<'_, f64>, kind: &Column) -> f64 {
    let mut seen: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    seen.sort_by(f64::total_cmp);
    let Some(middle) = seen.len().checked_sub(1).map(|last| last / 2) else {
        return f64::NAN;
    };
    match kind {
        Column::Category(_) => most_frequent(&seen),
        Column::Number if seen.len().is_multiple_of(2) => f64::midpoint(seen[middle], seen[middle + 1]),
        Column::Number | Column::Integer => seen[middle],
    }
}

/// Of sorted values; the lowest of several that are as frequent.
fn most_frequent(sorted: &[f64]) -> f64 {
    let runs = sorted.chunk_by(|a, b| same(*a, *b));
    let longest = runs.fold(
        &sorted[..0],
        |best, run| if run.len() > best.len() { run } else { best },
    );
    longest.first().copied().unwrap_or(f64::NAN)
}

fn holds_zero(columns: &Columns, background: &ArrayView2<'_, f64>) -> bool {
    let mut all = background.columns().into_iter().zip(&columns.kinds);
    all.all(|(values, kind)| {
        !kind.is_category() && values.iter().any(|v| *v <= 0.0) && values.iter().any(|v| *v >= 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn columns() -> Columns {
        Columns {
            names: ["a", "b", "c"].map(String::from).to_vec(),
            kinds: vec![
                Column::Number,
                Column::Integer,
                Column::Category(vec!["x".into(), "y".into()]),
            ],
        }
    }

    #[test]
    fn a_typical_row_has_medians_and_frequent_labels() {
        let background = array![[1.0, 1.0, 0.0], [2.0, 5.0, 1.0], [f64::NAN, 9.0, 1.0], [7.0, 6.0, 0.0]];
        let all = row_baselines(&columns(), &background.view(), 3, 1).unwrap();
        assert_eq!(all.len(), 2, "labels have no zero");
        assert_eq!(all[0].rows, array![[2.0, 5.0, 0.0]]);
        assert_eq!(all[1].rows.nrows(), 3);
        assert_eq!(all[1].name, "3 background rows");
    }

    #[test]
    fn zeros_come_where_zero_is_in_range() {
        let numbers = Columns::unnamed(2);
        let with = |rows: Array2<f64>| row_baselines(&numbers, &rows.view(), 2, 0).unwrap().len();
        assert_eq!(with(array![[-1.0, 2.0], [1.0, -2.0], [0.5, 0.0]]), 3);
        assert_eq!(with(array![[-1.0, 2.0], [1.0, 3.0]]), 2);
        assert_eq!(with(array![[-1.0, 2.0]]), 1);
        assert!(row_baselines(&numbers, &Array2::zeros((0, 2)).view(), 2, 0).is_err());
    }
}
