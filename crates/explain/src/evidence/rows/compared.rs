//! A number or a curve beside those of matched random attributions.

use serde::Serialize;

use crate::evidence::curve::area;
use crate::evidence::statistics::{descending_order, magnitudes};
use crate::random::Counter;

/// Stream of [`Counter`] for shuffled attributions.
const STREAM: u64 = 41;
/// Differences below this share of the numbers are rounding, and no claim rests on them.
const ROUNDING: f64 = 1e-9;

/// Whether `a` is above `b` by more than rounding.
pub(in crate::evidence) fn above(a: f64, b: f64) -> bool {
    a - b > ROUNDING * a.abs().max(b.abs())
}

/// `count` attributions with the same values, each dealt to the parts at random.
pub(super) fn shuffled(attribution: &[f64], count: usize, seed: u64) -> Vec<Vec<f64>> {
    let one = |k: usize| {
        let order = Counter::new(seed, STREAM, k as u64).permutation(attribution.len());
        order.into_iter().map(|from| attribution[from]).collect()
    };
    (0..count).map(one).collect()
}

/// The same values dealt the other way round: the part with the highest gets the lowest, and so on.
pub(super) fn inverted(attribution: &[f64]) -> Vec<f64> {
    dealt_backwards(attribution, &descending_order(attribution))
}

/// The same values dealt the other way round by magnitude.
pub(super) fn inverted_magnitudes(attribution: &[f64]) -> Vec<f64> {
    dealt_backwards(attribution, &descending_order(&magnitudes(attribution)))
}

fn dealt_backwards(attribution: &[f64], order: &[usize]) -> Vec<f64> {
    let mut out = vec![0.0; attribution.len()];
    for (to, from) in order.iter().zip(order.iter().rev()) {
        out[*to] = attribution[*from];
    }
    out
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evidence) enum Better {
    Higher,
    Lower,
}

impl Better {
    pub(in crate::evidence) fn beats(self, own: f64, other: f64) -> bool {
        match self {
            Self::Higher => above(own, other),
            Self::Lower => above(other, own),
        }
    }
}

/// A score beside those of shuffled attributions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// Of the attribution; none where it cannot be had (nothing varies).
    pub value: Option<f64>,
    /// Of the same values dealt the other way round.
    pub inverted: Option<f64>,
    /// Of each shuffled attribution.
    pub random: Vec<Option<f64>>,
    /// How many of `random` the attribution is better than.
    pub beaten: usize,
}

impl Scored {
    pub(in crate::evidence) fn new(
        better: Better,
        value: Option<f64>,
        inverted: Option<f64>,
        random: Vec<Option<f64>>,
    ) -> Self {
        let beats =
            |other: &&Option<f64>| matches!((value, **other), (Some(own), Some(other)) if better.beats(own, other));
        let beaten = random.iter().filter(beats).count();
        Self {
            value,
            inverted,
            random,
            beaten,
        }
    }
}

/// A curve beside those of shuffled attributions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowCurve {
    /// How many features have been changed at each point.
    pub counts: Vec<usize>,
    /// The same as a share of all.
    pub fraction: Vec<f64>,
    /// The explained number at each point.
    pub curve: Vec<f64>,
    /// Area under the curve over `fraction`.
    pub auc: f64,
    /// The curve of the same values dealt the other way round.
    pub inverted: Vec<f64>,
    /// Its area.
    pub inverted_auc: f64,
    /// The curves of shuffled attributions.
    pub random: Vec<Vec<f64>>,
    /// Their areas.
    pub random_auc: Vec<f64>,
    /// How many of them the attribution is better than, by area.
    pub beaten: usize,
}

impl RowCurve {
    /// From curves in the order own, inverted, shuffled.
    pub(super) fn new(better: Better, counts: &[usize], mut all: Vec<Vec<f64>>) -> Self {
        let parts = counts.last().copied().unwrap_or(1).max(1) as f64;
        let fraction: Vec<f64> = counts.iter().map(|c| *c as f64 / parts).collect();
        let random = all.split_off(2.min(all.len()));
        let inverted = all.pop().unwrap_or_default();
        let curve = all.pop().unwrap_or_default();
        let (auc, inverted_auc) = (area(&fraction, &curve), area(&fraction, &inverted));
        let random_auc: Vec<f64> = random.iter().map(|c| area(&fraction, c)).collect();
        Self {
            counts: counts.to_vec(),
            beaten: random_auc.iter().filter(|other| better.beats(auc, **other)).count(),
            fraction,
            curve,
            auc,
            inverted,
            inverted_auc,
            random,
            random_auc,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matched_attributions_have_the_same_values() {
        let own = [0.5, -2.0, 0.0, 1.0];
        let sorted = |v: &[f64]| {
            let mut v = v.to_vec();
            v.sort_by(f64::total_cmp);
            v
        };
        for other in shuffled(&own, 20, 3) {
            assert_eq!(sorted(&other), sorted(&own));
        }
        assert_eq!(inverted(&own), [0.0, 1.0, 0.5, -2.0]);
        assert_eq!(inverted_magnitudes(&own), [1.0, 0.0, -2.0, 0.5]);
    }

    #[test]
    fn rounding_is_no_victory() {
        let scored = Scored::new(
            Better::Lower,
            Some(1.0),
            None,
            vec![Some(1.0 + 1e-12), Some(1.1), None, Some(0.9)],
        );
        assert_eq!(scored.beaten, 1);
    }
}
