//! Whether a probability of 70 % comes true in 70 % of cases.

use crate::intervals::wilson;

/// One bin of a calibration curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower end; a row lies in the last bin that starts at or below its probability.
    pub from: f64,
    /// Upper end.
    pub to: f64,
    /// Rows.
    pub count: f64,
    /// Mean probability; NaN for no row.
    pub predicted: f64,
    /// Share of rows that are positive; NaN for no row.
    pub observed: f64,
    /// Wilson's 95 % interval of that share, lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How wide the bins are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bins {
    /// All of one width.
    Even,
    /// About as many rows in each.
    Quantiles,
}

/// `count` bins (fewer where quantiles coincide) over the probabilities of one class.
pub fn calibration(probability: &[f64], positive: &[bool], count: usize, bins: Bins) -> Vec<Bin> {
    let count = count.max(1);
    let mut edges: Vec<f64> = match bins {
        Bins::Even => (0..=count).map(|i| i as f64 / count as f64).collect(),
        Bins::Quantiles => {
            let sorted = crate::grid::sorted(probability.iter().copied());
            let at = |i: usize| crate::grid::quantile(&sorted, i as f64 / count as f64);
            (0..=count).map(at).collect()
        }
    };
    edges.dedup();
    if edges.len() < 2 {
        edges.push(edges[0]);
    }
    let last = edges.len() - 2;
    let mut sums = vec![(0.0f64, 0.0f64, 0.0f64); last + 1];
    for (&p, &hit) in probability.iter().zip(positive) {
        let bin = edges.partition_point(|edge| *edge <= p).clamp(1, last + 1) - 1;
        let sum = &mut sums[bin];
        *sum = (sum.0 + 1.0, sum.1 + p, sum.2 + f64::from(hit));
    }
    edges
        .windows(2)
        .zip(sums)
        .map(|(ends, (count, predicted, hits))| {
            let share = wilson(hits, count, 0.95);
            Bin {
                from: ends[0],
                to: ends[1],
                count,
                predicted: predicted / count,
                observed: share.value,
                low: share.low,
                high: share.high,
            }
        })
        .collect()
}

/// Expected calibration error: the mean distance of observed from predicted over rows (Naeini et al. 2015).
pub fn expected_error(bins: &[Bin]) -> f64 {
    let filled = bins.iter().filter(|bin| bin.count > 0.0);
    let (sum, count) = filled.fold((0.0, 0.0), |(sum, count), bin| {
        (
            sum + bin.count * (bin.observed - bin.predicted).abs(),
            count + bin.count,
        )
    });
    sum / count
}

/// The largest distance of observed from predicted in any bin.
pub fn largest_error(bins: &[Bin]) -> f64 {
    let off = bins
        .iter()
        .filter(|bin| bin.count > 0.0)
        .map(|bin| (bin.observed - bin.predicted).abs());
    off.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_their_rows_and_the_last_one_its_end() {
        let p = [0.0, 0.1, 0.1, 0.25, 0.5, 1.0];
        let y = [false, true, false, false, true, true];
        let bins = calibration(&p, &y, 4, Bins::Even);
        assert_eq!(
            bins.iter().map(|bin| bin.count).collect::<Vec<_>>(),
            [3.0, 1.0, 1.0, 1.0]
        );
        assert!((bins[0].predicted - 0.2 / 3.0).abs() < 1e-15 && (bins[0].observed - 1.0 / 3.0).abs() < 1e-15);
        let want = (3.0 * (1.0 / 3.0 - 0.2 / 3.0) + 0.25 + 0.5 + 0.0) / 6.0;
        assert!((expected_error(&bins) - want).abs() < 1e-15);
        assert!((largest_error(&bins) - 0.5).abs() < 1e-15);
        let halves = calibration(&p, &y, 2, Bins::Quantiles);
        assert_eq!(halves.iter().map(|bin| bin.count).collect::<Vec<_>>(), [3.0, 3.0]);
        let one = calibration(&[0.5; 3], &[true; 3], 10, Bins::Quantiles);
        assert_eq!((one.len(), one[0].count), (1, 3.0));
    }
}
