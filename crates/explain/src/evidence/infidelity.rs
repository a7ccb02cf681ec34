//! Does the attribution say how far a change moves the model? (Yeh et al. 2019)

use serde::Serialize;

use super::exchange::{Exchange, changes};
use crate::ExplainError;
use crate::random::Counter;

/// Stream of [`Counter`] for the sets of parts.
const STREAM: u64 = 44;

/// Mean over perturbations of (said - moved)².
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Infidelity {
    /// With the attribution as it is.
    pub value: f64,
    /// With the attribution multiplied by the number that suits it best: only its shape is judged.
    pub scaled: f64,
}

/// From what the attribution says of each perturbation (sum of attribution x perturbation) and how far the
/// model's number fell, f(x) - f(x - perturbation).
pub fn infidelity(said: &[f64], moved: &[f64]) -> Infidelity {
    let n = said.len().max(1) as f64;
    let at = |beta: f64| said.iter().zip(moved).map(|(s, m)| (beta * s - m).powi(2)).sum::<f64>() / n;
    let squares: f64 = said.iter().map(|s| s * s).sum();
    let products: f64 = said.iter().zip(moved).map(|(s, m)| s * m).sum();
    Infidelity {
        value: at(1.0),
        scaled: at(if squares > 0.0 { products / squares } else { 0.0 }),
    }
}

/// `count` random sets of parts, every size from one part to all but one alike. Each is followed by what it leaves
/// out: every part is then in as many sets as any other, and none is judged by how often it was drawn.
pub fn random_sets(parts: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let pair = |k: usize| {
        let mut random = Counter::new(seed, STREAM, k as u64);
        let size = 1 + random.below(parts.saturating_sub(1));
        let mut order = random.permutation(parts);
        let rest = order.split_off(size.min(parts));
        [order, rest]
    };
    let sets = (0..count.div_ceil(2)).flat_map(pair).take(count);
    sets.filter(|set| !set.is_empty()).collect()
}

/// What the attribution says of each set, where an attribution is the part's contribution: the sum over the set.
/// This is Yeh's product for perturbations that put parts to the baseline.
pub fn said(attribution: &[f64], sets: &[Vec<usize>]) -> Vec<f64> {
    let sum = |set: &Vec<usize>| set.iter().map(|part| attribution[*part]).sum();
    sets.iter().map(sum).collect()
}

/// Infidelity of contributions over `count` random sets of parts that go to the baseline.
pub fn infidelity_of_sets(
    exchange: &mut dyn Exchange,
    attribution: &[f64],
    count: usize,
    seed: u64,
) -> Result<Infidelity, ExplainError> {
    let sets = random_sets(exchange.parts(), count, seed);
    let moved = changes(exchange, &sets)?;
    Ok(infidelity(&said(attribution, &sets), &moved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_too_large_is_a_fault_of_scale_alone() {
        let got = infidelity(&[2.0, 4.0, -6.0], &[1.0, 2.0, -3.0]);
        assert!(
            (got.value - 14.0 / 3.0).abs() < 1e-12 && got.scaled.abs() < 1e-12,
            "{got:?}"
        );
    }

    #[test]
    fn sets_are_neither_empty_nor_everything() {
        for set in random_sets(5, 200, 3) {
            assert!((1..5).contains(&set.len()), "{set:?}");
        }
        assert_eq!(random_sets(1, 2, 0), [[0]]);
        let often = |part: usize| random_sets(6, 40, 1).iter().filter(|set| set.contains(&part)).count();
        assert!((0..6).all(|part| often(part) == 20));
    }
}
