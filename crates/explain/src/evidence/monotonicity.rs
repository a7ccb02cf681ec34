//! Does each part move the model the way its attribution's sign says? (After Arya et al. 2019)
//!
//! Parts are put back onto the baseline by rising attribution. Arya's measure asks whether the output never
//! falls on the way. A negative attribution announces a fall, so here a step is as announced when it goes the way
//! of its sign; for attributions that are not negative the two are the same.

use serde::Serialize;

use super::curve::{Direction, curves};
use super::exchange::Exchange;
use super::statistics::{ascending_order, magnitudes};
use crate::ExplainError;

/// Steps smaller than this share of the largest number on the way are rounding.
const ROUNDING: f64 = 1e-9;

/// How many steps went as announced.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Monotonicity {
    /// Share of the steps that went as announced.
    pub share: f64,
    /// Whether all did: Arya's yes or no.
    pub holds: bool,
}

/// Whether a curve never falls: Arya's measure of a curve of insertion by rising attribution.
pub fn never_falls(curve: &[f64]) -> bool {
    curve.windows(2).all(|pair| pair[1] >= pair[0])
}

/// The order in which parts are put back: by rising magnitude.
pub fn rising(attribution: &[f64]) -> Vec<usize> {
    ascending_order(&magnitudes(attribution))
}

/// Judges `curve` (parts + 1 values), the explained number as parts are put back in `order`.
pub fn announced(attribution: &[f64], order: &[usize], curve: &[f64]) -> Monotonicity {
    let tolerance = ROUNDING * curve.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let steps = order.iter().zip(curve.windows(2));
    let as_said = steps.filter(|(part, pair)| {
        let (moved, said) = (pair[1] - pair[0], attribution[**part]);
        if said == 0.0 {
            moved.abs() <= tolerance
        } else {
            moved * said.signum() >= -tolerance
        }
    });
    let count = as_said.count();
    Monotonicity {
        share: count as f64 / order.len().max(1) as f64,
        holds: count == order.len(),
    }
}

/// Puts parts back by rising magnitude and judges every step.
pub fn monotonicity(exchange: &mut dyn Exchange, attribution: &[f64]) -> Result<Monotonicity, ExplainError> {
    let order = rising(attribution);
    let counts: Vec<usize> = (0..=order.len()).collect();
    let mut all = curves(exchange, Direction::Insertion, std::slice::from_ref(&order), &counts)?;
    Ok(announced(attribution, &order, &all.pop().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_right_where_it_was_announced() {
        let got = announced(&[-1.0, 2.0, 0.0], &[2, 0, 1], &[5.0, 5.0, 4.0, 6.0]);
        assert!(got.holds);
        let got = announced(&[1.0, 2.0, 0.0], &[2, 0, 1], &[5.0, 5.0, 4.0, 6.0]);
        assert!(!got.holds && (got.share - 2.0 / 3.0).abs() < 1e-12);
        assert!(never_falls(&[1.0, 1.0, 2.0]) && !never_falls(&[1.0, 0.9]));
    }
}
