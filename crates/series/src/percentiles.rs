//! Percentiles of a histogram, as TensorBoard's distributions draw them.

/// Ten-thousandths: a normal distribution's at -∞, -1.5, -1, -0.5, 0, 0.5, 1, 1.5 and ∞ standard deviations.
pub const BASIS_POINTS: [f64; 9] = [0.0, 668.0, 1587.0, 3085.0, 5000.0, 6915.0, 8413.0, 9332.0, 10000.0];

/// The values below which [`BASIS_POINTS`] of what was counted lie, linear inside a bin; bins are left edge, right edge
/// and count, from left to right. Without bins all are 0. The arithmetic, its order and its edge cases are those of
/// TensorBoard's `compress_histogram`.
#[expect(
    clippy::float_cmp,
    reason = "a bin that counted nothing adds nothing to the sum, to the bit"
)]
pub fn percentiles(bins: &[[f64; 3]]) -> [f64; 9] {
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else {
        return [0.0; 9];
    };
    let (least, most) = (first[0], last[1]);
    let total: f64 = bins.iter().map(|bin| bin[2]).sum();
    let total = if total == 0.0 { 1.0 } else { total };
    let mut sum = 0.0;
    let weights: Vec<f64> = bins
        .iter()
        .map(|bin| {
            sum += bin[2] * 10000.0 / total;
            sum
        })
        .collect();
    BASIS_POINTS.map(|point| {
        let from = weights.partition_point(|weight| *weight <= point);
        for i in from..weights.len() {
            let before = if i > 0 { weights[i - 1] } else { 0.0 };
            if weights[i] == before {
                continue;
            }
            let left = if before == 0.0 || least > bins[i - 1][1] {
                least
            } else {
                bins[i - 1][1]
            };
            let right = if most < bins[i][1] { most } else { bins[i][1] };
            return left + (point - before) * (right - left) / (weights[i] - before);
        }
        most
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::percentiles;

    /// What the `tensorboard` package answered; `tests/reference/percentiles.py` writes it.
    const GOLDEN: &str = include_str!("../tests/percentiles.tsv");

    #[test]
    fn they_are_what_tensorboard_computes() {
        let numbers = |text: &str| -> Vec<f64> { text.split_whitespace().map(|n| n.parse().unwrap()).collect() };
        let mut cases = 0;
        for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
            let (bins, expected) = line.split_once('\t').unwrap();
            let (bins, expected) = (numbers(bins), numbers(expected));
            let found = percentiles(bins.as_chunks::<3>().0);
            for (a, b) in found.iter().zip(&expected) {
                assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-9), "{line}: {found:?}");
            }
            cases += 1;
        }
        assert!(cases > 150, "{cases} cases");
    }

    proptest! {
        #[test]
        fn they_grow_and_stay_between_the_edges(counts in prop::collection::vec(0u32..50, 1..40), left in -9.0..9.0) {
            let bins: Vec<[f64; 3]> = counts
                .iter()
                .enumerate()
                .map(|(i, &n)| [left + i as f64, left + i as f64 + 1.0, f64::from(n)])
                .collect();
            let found = percentiles(&bins);
            prop_assert!(found.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9), "{:?}", found);
            prop_assert!(found[0] >= left - 1e-9 && found[8] <= left + counts.len() as f64 + 1e-9);
        }

        #[test]
        fn any_numbers_are_answered(bins in prop::collection::vec(prop::array::uniform3(prop::num::f64::ANY), 0..20)) {
            let _answer = percentiles(&bins);
        }
    }
}
