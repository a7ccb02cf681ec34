//! Do sets of n parts move the model by the sum of their attributions, for every n? (Ancona et al. 2018)

use serde::Serialize;

use super::exchange::Exchange;
use super::faithfulness_correlation::faithfulness_correlation;
use crate::ExplainError;

/// Correlations by the size of the sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SensitivityN {
    /// Parts in a set.
    pub sizes: Vec<usize>,
    /// Pearson's correlation over random sets of that size; none where nothing varies.
    pub correlation: Vec<Option<f64>>,
}

impl SensitivityN {
    /// The mean over sizes that have one.
    pub fn mean(&self) -> Option<f64> {
        let known: Vec<f64> = self.correlation.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }
}

/// `steps` sizes from 1 to `share` of the parts, evenly in their logarithm, none twice.
pub fn sizes(parts: usize, share: f64, steps: usize) -> Vec<usize> {
    let most = ((parts as f64 * share) as usize).clamp(1, parts.max(1)) as f64;
    let mut out: Vec<usize> = (0..steps.max(1))
        .map(|k| most.powf(k as f64 / (steps.max(2) - 1) as f64).round() as usize)
        .collect();
    out.dedup();
    out
}

/// For each size, the correlation over `count` random sets of the sum of attributions with
/// f(x) - f(x with the set at the baseline).
pub fn sensitivity_n(
    exchange: &mut dyn Exchange,
    attribution: &[f64],
    sizes: &[usize],
    count: usize,
    seed: u64,
) -> Result<SensitivityN, ExplainError> {
    let mut correlation = Vec::with_capacity(sizes.len());
    for (k, size) in sizes.iter().enumerate() {
        let seed = seed.wrapping_add(k as u64);
        correlation.push(faithfulness_correlation(exchange, attribution, *size, count, seed)?);
    }
    Ok(SensitivityN {
        sizes: sizes.to_vec(),
        correlation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_rise_from_one_part() {
        assert_eq!(sizes(64, 0.8, 4), [1, 4, 14, 51]);
        assert_eq!(sizes(3, 0.8, 5), [1, 2]);
        assert_eq!(sizes(1, 0.8, 5), [1]);
    }
}
