//! The linear booster.

use glassboard_model::LinearModel;

use super::damaged;
use crate::error::ReadError;

/// `weights` is `[features + 1, outputs]`, its last row the bias. As XGBoost does (3.2), every output starts from the
/// base score of the first.
pub(super) fn read(weights: &[f32], features: usize, base: &[f64]) -> Result<LinearModel, ReadError> {
    let outputs = base.len();
    if Some(weights.len()) != features.checked_add(1).and_then(|n| n.checked_mul(outputs)) {
        return Err(damaged(format!(
            "{} weights for {features} features and {outputs} outputs",
            weights.len()
        )));
    }
    if weights.iter().any(|w| !w.is_finite()) {
        return Err(damaged("a weight is not a number"));
    }
    let at = |row: usize, output: usize| weights[row * outputs + output];
    let of = |output: usize| (0..features).map(|row| f64::from(at(row, output))).collect();
    Ok(LinearModel {
        features,
        weights: (0..outputs).map(of).collect(),
        intercept: (0..outputs)
            .map(|o| f64::from(at(features, o) + base[0] as f32))
            .collect(),
    })
}
