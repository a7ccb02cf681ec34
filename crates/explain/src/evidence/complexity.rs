//! Over how many parts the attribution is spread: the entropy of its shares (Bhatt et al. 2020).

/// Added inside the logarithm, so that a share of 0 counts as 0.
const FLOOR: f64 = 1e-12;

/// Entropy of |values| / sum|values|, in nats: 0 where one part has it all, ln(parts) where all are equal.
/// A row of zeros has none.
pub fn complexity(values: &[f64]) -> f64 {
    let total: f64 = values.iter().map(|v| v.abs()).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let shares = values.iter().map(|v| v.abs() / total);
    -shares.map(|p| p * (p + FLOOR).ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::complexity;

    #[test]
    fn spread_is_the_logarithm_of_the_parts() {
        assert!((complexity(&[1.0, -1.0, 1.0, 1.0]) - 4.0f64.ln()).abs() < 1e-9);
        assert!(complexity(&[0.0, 7.0, 0.0]).abs() < 1e-9);
        assert!(complexity(&[0.0, 0.0]).abs() < 1e-12);
    }
}
