//! The values that a column is set to when its effect is drawn.

use crate::Column;

/// Where the points of a grid come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// One point for each value that occurs.
    Values,
    /// Evenly spaced between two quantiles of the column.
    Quantiles,
    /// Evenly spaced between the least and the largest value, where the two quantiles are one.
    Range,
}

impl Origin {
    /// Its name in an answer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Quantiles => "quantiles",
            Self::Range => "range",
        }
    }
}

/// The points of one column, rising.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Values, in the column's unit; labels by index.
    pub points: Vec<f64>,
    /// Where they come from.
    pub origin: Origin,
}

/// At most `count` points for a column holding `values` (missing ones are passed over), as scikit-learn's
/// `partial_dependence` chooses them: every value where there are few or where they are labels, else evenly spaced from
/// quantile `share.0` to `share.1`. Whole numbers stay whole. `None` where every value is missing.
pub fn grid(values: impl Iterator<Item = f64>, kind: &Column, count: usize, share: (f64, f64)) -> Option<Grid> {
    let sorted = sorted(values);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    if kind.is_category() || distinct.len() < count || first >= last {
        return Some(Grid {
            points: distinct,
            origin: Origin::Values,
        });
    }
    let (mut low, mut high) = (median_unbiased(&sorted, share.0), median_unbiased(&sorted, share.1));
    let mut origin = Origin::Quantiles;
    if (high - low).abs() <= 1e-8 + 1e-5 * high.abs() {
        (low, high, origin) = (first, last, Origin::Range);
    }
    let step = (high - low) / (count.max(2) - 1) as f64;
    let mut points: Vec<f64> = (0..count).map(|i| i as f64 * step + low).collect();
    if let Some(end) = points.last_mut() {
        *end = high;
    }
    if *kind == Column::Integer {
        for point in &mut points {
            *point = point.round();
        }
    }
    points.dedup();
    Some(Grid { points, origin })
}

/// The values that are there, rising.
pub fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    // The two zeros are one value.
    for value in &mut sorted {
        *value += 0.0;
    }
    sorted
}

/// The quantile of `mquantiles` in `SciPy` (alphap = betap = 0.4), which scikit-learn's grids are made with.
fn median_unbiased(sorted: &[f64], p: f64) -> f64 {
    let n = sorted.len();
    if n < 2 {
        return sorted.first().copied().unwrap_or(f64::NAN);
    }
    let place = n as f64 * p + 0.4 + 0.2 * p;
    let k = place.clamp(1.0, (n - 1) as f64).floor();
    let gamma = (place - k).clamp(0.0, 1.0);
    let k = k as usize;
    (1.0 - gamma) * sorted[k - 1] + gamma * sorted[k]
}

/// The quantile between two neighbours (`numpy.quantile`'s default); NaN where there is no value.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = p.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_taken_as_they_are_and_missing_ones_passed_over() {
        let values = [2.0, f64::NAN, 1.0, 2.0, -0.0, 0.0];
        let grid = grid(values.into_iter(), &Column::Number, 100, (0.05, 0.95)).unwrap();
        assert_eq!((grid.points, grid.origin), (vec![0.0, 1.0, 2.0], Origin::Values));
        assert_eq!(
            super::grid([f64::NAN].into_iter(), &Column::Number, 9, (0.05, 0.95)),
            None
        );
    }

    #[test]
    fn many_values_are_spanned_from_quantile_to_quantile() {
        // scipy.stats.mstats.mquantiles(range(1000), [.05, .95]) = [49.41, 949.59]
        let grid = grid((0..1000).map(f64::from), &Column::Number, 5, (0.05, 0.95)).unwrap();
        let want = [49.41, 274.455, 499.5, 724.545, 949.59];
        assert!(
            grid.points.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9),
            "{grid:?}"
        );
        let whole = super::grid((0..1000).map(f64::from), &Column::Integer, 5, (0.05, 0.95)).unwrap();
        assert_eq!(whole.points, [49.0, 274.0, 500.0, 725.0, 950.0]);
    }

    #[test]
    fn a_column_that_is_nearly_always_the_same_is_spanned_from_end_to_end() {
        let values = (0..1000).map(|i| if i < 20 { f64::from(i) } else { 7.0 });
        let grid = grid(values, &Column::Number, 10, (0.05, 0.95)).unwrap();
        assert_eq!(
            (grid.origin, grid.points[0], grid.points[9]),
            (Origin::Range, 0.0, 19.0)
        );
    }
}
