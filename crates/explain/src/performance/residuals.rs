//! What is left of the truth when the prediction is taken away.

use crate::grid::quantile;

/// Shares at which residuals are told.
pub const SHARES: [f64; 11] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];

/// Residuals (truth minus prediction) over the range of predictions.
#[derive(Debug, Clone, PartialEq)]
pub struct Residuals {
    /// `[shares]`: the residual that this share of rows lies at or below, for each of [`SHARES`].
    pub quantiles: Vec<f64>,
    /// Of rows with like predictions: from, to, count, and the residuals' quantiles 0.05, 0.25, 0.5, 0.75, 0.95.
    pub bands: Vec<[f64; 8]>,
    /// Rows for a picture, by number: the largest residuals, and others evenly spaced over the predictions.
    pub shown: Vec<usize>,
}

/// Of `predicted` and `truth`, in at most `bands` bands of like count and with at most `shown` rows for a picture.
pub fn residuals(predicted: &[f64], truth: &[f64], bands: usize, shown: usize) -> Residuals {
    let residual: Vec<f64> = predicted.iter().zip(truth).map(|(p, t)| t - p).collect();
    let sorted = crate::grid::sorted(residual.iter().copied());
    let mut order: Vec<usize> = (0..predicted.len()).collect();
    order.sort_by(|&a, &b| predicted[a].total_cmp(&predicted[b]).then(a.cmp(&b)));
    let bands = bands.clamp(1, predicted.len().max(1));
    let cut = |k: usize| k * order.len() / bands;
    let bands = (0..bands).filter(|&k| cut(k) < cut(k + 1)).map(|k| {
        let part = &order[cut(k)..cut(k + 1)];
        let here = crate::grid::sorted(part.iter().map(|&row| residual[row]));
        let q = |share| quantile(&here, share);
        let (from, to) = (predicted[part[0]], predicted[part[part.len() - 1]]);
        [from, to, part.len() as f64, q(0.05), q(0.25), q(0.5), q(0.75), q(0.95)]
    });
    Residuals {
        quantiles: SHARES.iter().map(|&share| quantile(&sorted, share)).collect(),
        bands: bands.collect(),
        shown: chosen(&residual, &order, shown),
    }
}

/// A fifth of the rows are the largest residuals, the others evenly spaced over the predictions.
fn chosen(residual: &[f64], order: &[usize], most: usize) -> Vec<usize> {
    if order.len() <= most {
        return (0..order.len()).collect();
    }
    let mut by_size: Vec<usize> = order.to_vec();
    by_size.sort_by(|&a, &b| residual[b].abs().total_cmp(&residual[a].abs()).then(a.cmp(&b)));
    by_size.truncate(most / 5);
    let others = most - by_size.len();
    by_size.extend((0..others).map(|i| order[i * order.len() / others]));
    by_size.sort_unstable();
    by_size.dedup();
    by_size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_residuals_are_always_shown() {
        let predicted: Vec<f64> = (0..1000).map(f64::from).collect();
        let mut truth = predicted.clone();
        truth[333] += 50.0;
        truth[334] -= 70.0;
        let all = residuals(&predicted, &truth, 10, 100);
        assert!(all.shown.len() <= 100 && all.shown.contains(&333) && all.shown.contains(&334));
        assert_eq!((all.quantiles[0], all.quantiles[10]), (-70.0, 50.0));
        assert_eq!(all.bands.len(), 10);
        assert_eq!(
            (all.bands[3][0], all.bands[3][1], all.bands[3][2]),
            (300.0, 399.0, 100.0)
        );
    }
}
