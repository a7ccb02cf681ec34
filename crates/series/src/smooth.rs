//! TensorBoard's smoothing: an exponential moving average, freed of its start's bias.

/// Smooths values in the order of points with `weight` in 0..1. What is not finite passes through and is
/// skipped; a constant series stays as it is.
pub fn smooth(values: &[f64], weight: f64) -> Vec<f64> {
    let constant = values
        .first()
        .is_none_or(|first| values.iter().all(|value| value.to_bits() == first.to_bits()));
    if constant || weight <= 0.0 || !weight.is_finite() {
        return values.to_vec();
    }
    let weight = weight.min(1.0);
    let (mut last, mut power) = (0.0, 1.0);
    values
        .iter()
        .map(|&value| {
            if !value.is_finite() {
                return value;
            }
            last = last * weight + (1.0 - weight) * value;
            power *= weight;
            let debias = if weight >= 1.0 { 1.0 } else { 1.0 - power };
            last / debias
        })
        .collect()
}
