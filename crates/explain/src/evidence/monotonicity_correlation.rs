//! Do larger attributions go with larger effects? (Nguyen and Martinez 2020)

use super::statistics::{magnitudes, spearman};

/// Spearman's correlation of |attribution| with what not knowing the part costs: the mean over the baseline's
/// values of (f(x) - f(x with the part at that value))². None where either does not vary.
pub fn monotonicity_correlation(attribution: &[f64], squared_effects: &[f64]) -> Option<f64> {
    spearman(&magnitudes(attribution), squared_effects)
}
