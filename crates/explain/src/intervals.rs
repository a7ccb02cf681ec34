//! Intervals and tests for shares and means, and the correction for many tests at once.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// An estimate and the interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How many standard deviations a normal interval of `level` (0.95) reaches to each side.
pub fn reach(level: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + level / 2.0)
}

/// The share `hits / n` with Wilson's interval (Wilson 1927); NaN for no row.
pub fn wilson(hits: f64, n: f64, level: f64) -> Interval {
    let (z, p) = (reach(level), hits / n);
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Interval {
        value: p,
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
    }
}

/// The difference of two shares with Newcombe's interval, which joins two of Wilson's (Newcombe 1998, method 10).
pub fn newcombe(a: (f64, f64), b: (f64, f64), level: f64) -> Interval {
    let (a, b) = (wilson(a.0, a.1, level), wilson(b.0, b.1, level));
    let value = a.value - b.value;
    Interval {
        value,
        low: value - ((a.value - a.low).powi(2) + (b.high - b.value).powi(2)).sqrt(),
        high: value + ((a.high - a.value).powi(2) + (b.value - b.low).powi(2)).sqrt(),
    }
}

/// Count, mean and variance (over n - 1) of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// How many.
    pub n: f64,
    /// Mean; NaN for none.
    pub mean: f64,
    /// Variance over n - 1; NaN for fewer than two.
    pub variance: f64,
}

impl Moments {
    /// Of `values`, summed in their order.
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (count, sum) = values.clone().fold((0.0f64, 0.0f64), |(n, sum), v| (n + 1.0, sum + v));
        let mean = sum / count;
        let square: f64 = values.map(|v| (v - mean).powi(2)).sum();
        Self {
            n: count,
            mean,
            variance: square / (count - 1.0),
        }
    }

    /// From a count, a sum and a sum of squares.
    pub fn from_sums(n: f64, sum: f64, squares: f64) -> Self {
        Self {
            n,
            mean: sum / n,
            variance: ((squares - sum * sum / n) / (n - 1.0)).max(0.0),
        }
    }
}

/// What a comparison of two means gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// First mean minus second, with its interval.
    pub difference: Interval,
    /// The statistic; infinite where nothing varies and the means differ.
    pub t: f64,
    /// How likely a statistic at least as large is, were the first mean not the larger.
    pub p_larger: f64,
}

/// Welch's t-test of two means, variances unequal (Welch 1947). `None` where one side has fewer than two values.
pub fn welch(a: Moments, b: Moments, level: f64) -> Option<Welch> {
    if a.n < 2.0 || b.n < 2.0 {
        return None;
    }
    let (va, vb) = (a.variance / a.n, b.variance / b.n);
    let (difference, error) = (a.mean - b.mean, (va + vb).sqrt());
    if error <= 0.0 || !error.is_finite() {
        // Nothing varies on either side: any difference is certain.
        return Some(Welch {
            difference: Interval {
                value: difference,
                low: difference,
                high: difference,
            },
            t: if difference == 0.0 {
                0.0
            } else {
                difference * f64::INFINITY
            },
            p_larger: if difference > 0.0 { 0.0 } else { 1.0 },
        });
    }
    let freedom = (va + vb).powi(2) / (va * va / (a.n - 1.0) + vb * vb / (b.n - 1.0));
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let half = student.inverse_cdf(0.5 + level / 2.0) * error;
    let t = difference / error;
    Some(Welch {
        difference: Interval {
            value: difference,
            low: difference - half,
            high: difference + half,
        },
        t,
        p_larger: student.sf(t),
    })
}

/// For each of `p`, the least share of false finds at which it would be one of the finds (Benjamini & Hochberg 1995).
pub fn false_discovery(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]).then(b.cmp(&a)));
    let mut adjusted = vec![1.0f64; p.len()];
    let mut least = 1.0f64;
    for (rank, &at) in order.iter().enumerate() {
        least = least.min(p[at] * p.len() as f64 / (p.len() - rank) as f64);
        adjusted[at] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Interval, value: f64, low: f64, high: f64) {
        let off = (a.value - value)
            .abs()
            .max((a.low - low).abs())
            .max((a.high - high).abs());
        assert!(off < 5e-5, "{a:?} against {value} {low} {high}");
    }

    #[test]
    fn intervals_of_shares_are_the_published_ones() {
        // Newcombe 1998, tables II of both papers: 81/263, and 56/70 against 48/80.
        near(wilson(81.0, 263.0, 0.95), 0.307_98, 0.255_3, 0.366_19);
        near(newcombe((56.0, 70.0), (48.0, 80.0), 0.95), 0.2, 0.052_43, 0.333_87);
        near(wilson(0.0, 20.0, 0.95), 0.0, 0.0, 0.161_13);
    }

    #[test]
    fn welch_is_that_of_scipy() {
        // scipy.stats.ttest_ind(a, b, equal_var=False, alternative="greater") and its confidence_interval of two sides.
        let a = Moments::of([27.5, 21.0, 19.0, 23.6, 17.0, 17.9].into_iter());
        let b = Moments::of([27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8].into_iter());
        let test = welch(a, b, 0.95).unwrap();
        assert!((test.t - -1.499_821_361_6).abs() < 1e-6, "{test:?}");
        assert!((test.p_larger - 0.912_533_224_6).abs() < 1e-6, "{test:?}");
        near(test.difference, -2.714_286, -6.944_650, 1.516_079);
        assert!(welch(Moments::of([1.0].into_iter()), b, 0.95).is_none());
    }

    #[test]
    fn false_discoveries_are_those_of_statsmodels() {
        // statsmodels.stats.multitest.multipletests(p, method="fdr_bh")[1]
        let adjusted = false_discovery(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        let want = [0.025, 0.05, 0.05, 0.025, 0.5];
        assert!(
            adjusted.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12),
            "{adjusted:?}"
        );
    }
}
