//! How few parts carry the attribution: the Gini coefficient of the magnitudes (Chalasani et al. 2020).

/// Added to every magnitude, so that a row of zeros has a value.
const FLOOR: f64 = 1e-7;

/// Gini coefficient of |values|: 0 where all are equal, near 1 where one part has it all.
pub fn sparseness(values: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = values.iter().map(|v| v.abs() + FLOOR).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let total: f64 = sorted.iter().sum();
    let weighted = sorted
        .iter()
        .zip(1u32..)
        .map(|(v, i)| (2.0 * f64::from(i) - n - 1.0) * v);
    if total > 0.0 {
        weighted.sum::<f64>() / (n * total)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::sparseness;

    #[test]
    fn equal_shares_are_not_sparse_and_one_share_is() {
        assert!(sparseness(&[0.5, -0.5, 0.5, 0.5]).abs() < 1e-9);
        assert!((sparseness(&[0.0, 0.0, 0.0, -3.0]) - 0.75).abs() < 1e-6);
        assert!(sparseness(&[]).abs() < 1e-12);
    }
}
