//! Do sets of parts move the model as their attributions say? (Bhatt et al. 2020)

use super::exchange::{Exchange, changes};
use super::infidelity::said;
use super::statistics::pearson;
use crate::ExplainError;
use crate::random::Counter;

/// Stream of [`Counter`] for the sets of parts.
const STREAM: u64 = 43;

/// `count` random sets of `size` parts.
pub fn sets_of(parts: usize, size: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let set = |k: usize| {
        let mut order = Counter::new(seed, STREAM, k as u64).permutation(parts);
        order.truncate(size);
        order
    };
    (0..count).map(set).collect()
}

/// The size of a set that is used where none is asked for: about a third of the parts.
pub fn usual_size(parts: usize) -> usize {
    (parts / 3).max(1)
}

/// Pearson's correlation, over `count` random sets of `size` parts, of the sum of attributions with
/// f(x) - f(x with the set at the baseline). One size, so that the size of a set cannot pass for knowledge.
/// None where either does not vary.
pub fn faithfulness_correlation(
    exchange: &mut dyn Exchange,
    attribution: &[f64],
    size: usize,
    count: usize,
    seed: u64,
) -> Result<Option<f64>, ExplainError> {
    let sets = sets_of(exchange.parts(), size, count, seed);
    let moved = changes(exchange, &sets)?;
    Ok(pearson(&said(attribution, &sets), &moved))
}
