//! What the top parts take away, and what they keep (ERASER, `DeYoung` et al. 2020).
//!
//! Comprehensiveness at k: f(x) - f(x without its top k parts), which is f(x) minus the curve of deletion.
//! Sufficiency at k: f(x) - f(x with nothing but its top k parts), which is f(x) minus the curve of insertion.

/// The shares of the parts at which ERASER measures.
pub const BINS: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];

/// How many parts each share is: at least one, and rounded up.
pub fn counts(bins: &[f64], parts: usize) -> Vec<usize> {
    let count = |bin: &f64| ((bin * parts as f64 - 1e-9).ceil() as usize).clamp(1, parts.max(1));
    bins.iter().map(count).collect()
}

/// f(x) minus the curve at each of `at`; the curve has a value for each of `counts`, which hold `at`.
pub fn drops(whole: f64, counts: &[usize], curve: &[f64], at: &[usize]) -> Vec<f64> {
    let value = |k: &usize| {
        let place = counts.iter().position(|count| count == k);
        place.and_then(|place| curve.get(place)).map_or(f64::NAN, |v| whole - v)
    };
    at.iter().map(value).collect()
}

/// The mean over the bins: the area over the perturbation curve.
pub fn aopc(drops: &[f64]) -> f64 {
    drops.iter().sum::<f64>() / drops.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_rounded_up_and_never_empty() {
        assert_eq!(counts(&BINS, 30), [1, 2, 3, 6, 15]);
        assert_eq!(counts(&BINS, 3), [1, 1, 1, 1, 2]);
        assert_eq!(counts(&BINS, 1), [1; 5]);
        assert_eq!(counts(&[0.1], 10), [1]);
    }

    #[test]
    fn drops_are_read_from_the_curve() {
        let got = drops(1.0, &[0, 1, 3], &[1.0, 0.75, 0.25], &[1, 3]);
        assert_eq!(got, [0.25, 0.75]);
        assert!((aopc(&got) - 0.5).abs() < 1e-12);
    }
}
