//! A normal draw that stays between two bounds.

use crate::random::Counter;

/// Width below which proposals are uniform: at least an eighth of them is kept, and one costs far less than a normal draw.
const NARROW: f64 = 10.0;
/// Proposals before giving up, of which the chance is below 1e-11.
const TRIES: usize = 200;

/// A standard normal number between `low` and `high`, where `low <= 0 <= high` up to rounding.
pub(super) fn truncated(random: &mut Counter, low: f64, high: f64) -> f64 {
    if low >= high || low.is_nan() || high.is_nan() {
        return low;
    }
    for _ in 0..TRIES {
        if high - low < NARROW {
            let z = low + (high - low) * random.uniform();
            let (u, half) = (random.uniform(), 0.5 * z * z);
            // exp(-x) is never below 1 - x: most proposals are kept without it.
            if u < 1.0 - half || u < (-half).exp() {
                return z;
            }
        } else {
            let z = random.normal();
            if low <= z && z <= high {
                return z;
            }
        }
    }
    0.0f64.clamp(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of a truncated normal in closed form.
    fn moments(low: f64, high: f64) -> (f64, f64) {
        let steps = 200_000;
        let width = (high - low) / f64::from(steps);
        let (mut mass, mut first, mut second) = (0.0, 0.0, 0.0);
        for i in 0..steps {
            let z = low + (f64::from(i) + 0.5) * width;
            let p = (-0.5 * z * z).exp() * width;
            mass += p;
            first += p * z;
            second += p * z * z;
        }
        (first / mass, second / mass - (first / mass).powi(2))
    }

    #[test]
    fn draws_have_the_moments_of_the_truncated_normal() {
        for (low, high) in [(-1.7, 1.7), (-0.6, 1.9), (-1.0, 0.4), (-5.0, 0.8), (0.0, 0.0)] {
            let draws: Vec<f64> = (0..20_000)
                .map(|i| truncated(&mut Counter::new(3, 0, i), low, high))
                .collect();
            let mean = draws.iter().sum::<f64>() / 2e4;
            let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 2e4;
            assert!(draws.iter().all(|d| (low..=high).contains(d)));
            if low < high {
                let (want, spread) = moments(low, high);
                assert!(
                    (mean - want).abs() < 0.03 && (variance - spread).abs() < 0.04,
                    "{low} {high}: {mean} {variance}"
                );
            }
        }
    }
}
