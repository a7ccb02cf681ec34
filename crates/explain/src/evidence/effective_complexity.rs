//! How many parts matter at all (after Nguyen and Martinez 2020).

/// How many magnitudes are above `threshold`; the values are divided by their largest magnitude before
/// ([`super::Normalise`]), so that the threshold is a share of it.
pub fn effective_complexity(values: &[f64], threshold: f64) -> usize {
    values.iter().filter(|v| v.abs() > threshold).count()
}
