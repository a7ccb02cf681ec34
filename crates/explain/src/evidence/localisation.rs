//! Does the attribution lie where people say the object is? All over one row of values and a mask of the same
//! length that marks the object.

use super::statistics::{descending_order, ranks, same};

/// Whether an element of the highest value lies inside (Zhang et al. 2018).
pub fn pointing_game(values: &[f64], inside: &[bool]) -> bool {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values
        .iter()
        .zip(inside)
        .any(|(v, inside)| *inside && same(*v, highest))
}

/// Share of the positive attribution that lies inside (Kohlbrenner et al. 2020).
pub fn attribution_localisation(values: &[f64], inside: &[bool]) -> f64 {
    /// A row without positive attribution has none inside.
    const FLOOR: f64 = 1e-9;
    let positive: Vec<f64> = values.iter().map(|v| v.max(0.0)).collect();
    sum_inside(&positive, inside) / (positive.iter().sum::<f64>() + FLOOR)
}

/// Share of the `k` highest values that lies inside (Theiner et al. 2022).
pub fn top_k_intersection(values: &[f64], inside: &[bool], k: usize) -> f64 {
    let mut order = descending_order(values);
    order.truncate(k);
    let hits = order.iter().filter(|i| inside[**i]).count();
    hits as f64 / order.len().max(1) as f64
}

/// Share of as many highest values as the object has elements that lies inside (Arras et al. 2022).
pub fn relevance_rank_accuracy(values: &[f64], inside: &[bool]) -> f64 {
    let size = inside.iter().filter(|inside| **inside).count();
    top_k_intersection(values, inside, size)
}

/// Attribution inside over the whole (Arras et al. 2022); none where the whole is zero.
pub fn relevance_mass_accuracy(values: &[f64], inside: &[bool]) -> Option<f64> {
    let whole: f64 = values.iter().sum();
    (whole != 0.0).then(|| sum_inside(values, inside) / whole)
}

/// Area under the ROC curve of the values as a test for being inside (Fawcett 2006); none where the mask is
/// everything or nothing.
pub fn localisation_auc(values: &[f64], inside: &[bool]) -> Option<f64> {
    let n = inside.iter().filter(|inside| **inside).count() as f64;
    let outside = inside.len() as f64 - n;
    if n == 0.0 || outside == 0.0 {
        return None;
    }
    // The statistic of Mann and Whitney; equal values count as half.
    let rank_sum = sum_inside(&ranks(values), inside);
    Some((rank_sum - n * (n + 1.0) / 2.0) / (n * outside))
}

fn sum_inside(values: &[f64], inside: &[bool]) -> f64 {
    values
        .iter()
        .zip(inside)
        .filter(|(_, inside)| **inside)
        .map(|(v, _)| v)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_inside_the_object_scores_full() {
        let (values, inside) = ([0.9, 0.5, 0.1, 0.0], [true, true, false, false]);
        assert!(pointing_game(&values, &inside));
        assert!((localisation_auc(&values, &inside).unwrap() - 1.0).abs() < 1e-12);
        assert!((relevance_rank_accuracy(&values, &inside) - 1.0).abs() < 1e-12);
        assert!((relevance_mass_accuracy(&values, &inside).unwrap() - 14.0 / 15.0).abs() < 1e-12);
        assert!((attribution_localisation(&values, &inside) - 14.0 / 15.0).abs() < 1e-6);
        assert!((top_k_intersection(&values, &inside, 3) - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_flat_map_tells_nothing() {
        let (values, inside) = ([0.3; 4], [true, false, false, true]);
        assert!((localisation_auc(&values, &inside).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(localisation_auc(&values, &[true; 4]), None);
        assert_eq!(relevance_mass_accuracy(&[0.0; 4], &inside), None);
    }
}
