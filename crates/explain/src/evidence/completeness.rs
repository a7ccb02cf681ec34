//! Does a complete attribution add up? (Sundararajan et al. 2017)

use glassboard_model::Array;
use serde::Serialize;

/// sum(attribution) - (f(x) - f(baseline)) per row.
pub fn gaps(attribution: &Array, values: &[f32], base: &[f32]) -> Vec<f64> {
    let rows = attribution.outer_iter().zip(values.iter().zip(base));
    rows.map(|(row, (fx, fb))| row.iter().map(|v| f64::from(*v)).sum::<f64>() - (f64::from(*fx) - f64::from(*fb)))
        .collect()
}

/// What an attribution adds up to, beside what it should.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Completeness {
    /// What the attributions start from, as the method gave it.
    pub base: f64,
    /// Sum of the attributions.
    pub sum: f64,
    /// The explained number of the row.
    pub value: f64,
    /// base + sum - value.
    pub gap: f64,
    /// |gap| over the larger of |value - base| and the rounding of the numbers added.
    pub relative: f64,
}

impl Completeness {
    /// Of a method's `attribution` and the `base` it gave, for a row whose explained number is `value`.
    pub fn of(attribution: &[f64], base: f64, value: f64) -> Self {
        let sum: f64 = attribution.iter().sum();
        let gap = base + sum - value;
        // Attributions are kept in 32 bits: their rounding is no fault of the method.
        let mass: f64 = attribution.iter().map(|v| v.abs()).sum();
        let rounding = f64::from(f32::EPSILON) * (mass + base.abs() + value.abs());
        let scale = (value - base).abs().max(rounding);
        let relative = if scale > 0.0 { gap.abs() / scale } else { 0.0 };
        Self {
            base,
            sum,
            value,
            gap,
            relative,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Completeness;

    #[test]
    fn a_gap_is_what_is_missing() {
        let c = Completeness::of(&[1.0, 2.0, -0.5], 10.0, 13.0);
        assert!(
            (c.gap + 0.5).abs() < 1e-12 && (c.relative - 0.5 / 3.0).abs() < 1e-12,
            "{c:?}"
        );
        assert!(Completeness::of(&[0.0], 1.0, 1.0).relative < 1e-9);
    }
}
