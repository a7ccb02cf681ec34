//! Does another method say the same? (Krishna et al. 2022)

use serde::Serialize;

use super::statistics::{descending_order, magnitudes, spearman};

/// An attribution of the same row beside another's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Name of the other method.
    pub method: String,
    /// Spearman's correlation of the signed values; none where one does not vary.
    pub spearman: Option<f64>,
    /// How many of the top parts by magnitude are looked at.
    pub top: usize,
    /// How many of them both have.
    pub shared: usize,
    /// How many of the shared ones have the same sign.
    pub same_sign: usize,
}

/// The `top` parts of largest magnitude; equal ones in their order.
pub fn top_parts(attribution: &[f64], top: usize) -> Vec<usize> {
    let mut order = descending_order(&magnitudes(attribution));
    order.truncate(top);
    order
}

/// Compares two attributions of one row.
pub fn agreement(attribution: &[f64], method: &str, other: &[f64], top: usize) -> Agreement {
    let theirs = top_parts(other, top);
    let shared: Vec<usize> = top_parts(attribution, top)
        .into_iter()
        .filter(|part| theirs.contains(part))
        .collect();
    let same_sign = shared
        .iter()
        .filter(|part| attribution[**part].signum() == other[**part].signum());
    Agreement {
        method: method.to_owned(),
        spearman: spearman(attribution, other),
        top: top.min(attribution.len()),
        shared: shared.len(),
        same_sign: same_sign.count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_attribution_agrees_and_its_opposite_disagrees_in_sign_alone() {
        let a = [3.0, -2.0, 1.0, 0.5];
        let rho = |one: &Agreement| one.spearman.unwrap_or_default();
        let same = agreement(&a, "it", &a, 2);
        assert!((rho(&same) - 1.0).abs() < 1e-12 && (same.shared, same.same_sign) == (2, 2));
        let opposite = agreement(&a, "other", &a.map(|v| -v), 2);
        assert!((rho(&opposite) + 1.0).abs() < 1e-12 && (opposite.shared, opposite.same_sign) == (2, 0));
    }
}
