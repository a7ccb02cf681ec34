//! Does a complete attribution add up?

use glassboard_model::Array;

/// sum(attribution) - (f(x) - f(baseline)) per row.
pub fn gaps(attribution: &Array, values: &[f32], base: &[f32]) -> Vec<f64> {
    let rows = attribution.outer_iter().zip(values.iter().zip(base));
    rows.map(|(row, (fx, fb))| row.iter().map(|v| f64::from(*v)).sum::<f64>() - (f64::from(*fx) - f64::from(*fb)))
        .collect()
}
