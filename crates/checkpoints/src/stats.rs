//! Statistics of a tensor's elements.

use serde::{Deserialize, Serialize};

use crate::Dtype;

/// Bins of a histogram.
const BINS: usize = 96;

/// Equal bins over the finite range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// One more than `counts`.
    pub edges: Vec<f64>,
    /// Elements a bin.
    pub counts: Vec<u64>,
}

/// What one look at the elements says. Means, deviations and extremes are of the finite ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Mean; `None` where there is no finite element.
    pub mean: Option<f64>,
    /// Standard deviation of the population.
    pub std: Option<f64>,
    /// Least.
    pub min: Option<f64>,
    /// Greatest.
    pub max: Option<f64>,
    /// Not a number.
    pub nan: u64,
    /// Infinite, either sign.
    pub inf: u64,
    /// Zeros, either sign.
    pub zeros: u64,
    /// Of the finite elements.
    pub histogram: Option<Histogram>,
}

/// A tensor as `docs/api.md` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TensorFacts {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub dtype: String,
    /// Shape.
    pub shape: Vec<usize>,
    /// Elements.
    pub numel: u64,
    /// Bytes in the file.
    pub bytes: u64,
    /// Of its elements.
    #[serde(flatten)]
    pub statistics: Statistics,
}

/// Looks at the `numel` little-endian elements of one tensor: once for the numbers, once more for the
/// histogram, whose range is known only then.
pub fn statistics(dtype: Dtype, numel: usize, bytes: &[u8]) -> Statistics {
    let mut found = Statistics::default();
    let (mut count, mut mean, mut squares) = (0u64, 0.0f64, 0.0f64);
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    dtype.for_each(numel, bytes, |value| {
        if value.is_nan() {
            found.nan += 1;
            return;
        }
        if value.is_infinite() {
            found.inf += 1;
            return;
        }
        found.zeros += u64::from(value == 0.0);
        count += 1;
        // Welford: one pass that does not cancel.
        let delta = value - mean;
        mean += delta / count as f64;
        squares += delta * (value - mean);
        min = min.min(value);
        max = max.max(value);
    });
    if count == 0 {
        return found;
    }
    found.mean = finite(mean);
    found.std = finite((squares / count as f64).max(0.0).sqrt());
    (found.min, found.max) = (Some(min), Some(max));
    found.histogram = histogram(dtype, numel, bytes, min, max);
    found
}

fn histogram(dtype: Dtype, numel: usize, bytes: &[u8], min: f64, max: f64) -> Option<Histogram> {
    // A range wider than f64 has no bins; a single value gets bins around it, wide enough to be told from it.
    let pad = (min.abs() * 1e-6).max(0.5);
    let (low, high) = if max > min { (min, max) } else { (min - pad, min + pad) };
    let width = finite(high - low)?;
    let scale = BINS as f64 / width;
    if !scale.is_finite() || scale == 0.0 {
        return None;
    }
    let mut counts = vec![0u64; BINS];
    dtype.for_each(numel, bytes, |value| {
        if value.is_finite() {
            counts[(((value - low) * scale) as usize).min(BINS - 1)] += 1;
        }
    });
    let edges = (0..=BINS)
        .map(|i| {
            if i == BINS {
                high
            } else {
                low + width * (i as f64 / BINS as f64)
            }
        })
        .collect();
    Some(Histogram { edges, counts })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_element_is_counted_once(values: Vec<f32>) {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let found = statistics(Dtype::F32, values.len(), &bytes);
            let binned: u64 = found.histogram.iter().flat_map(|h| &h.counts).sum();
            prop_assert_eq!(binned + found.nan + found.inf, values.len() as u64);
            let finite: Vec<f64> = values.iter().filter(|v| v.is_finite()).map(|v| f64::from(*v)).collect();
            if let Some(mean) = found.mean {
                let truth = finite.iter().map(|v| v / finite.len() as f64).sum::<f64>();
                let largest = finite.iter().fold(1e-30f64, |a, v| a.max(v.abs()));
                prop_assert!((mean - truth).abs() <= 1e-9 * largest);
            }
            prop_assert_eq!(found.min, finite.iter().copied().reduce(f64::min));
        }

        #[test]
        fn any_bytes_of_any_type_are_harmless(bytes: Vec<u8>) {
            for dtype in [Dtype::F64, Dtype::F16, Dtype::Bf16, Dtype::I64, Dtype::U64, Dtype::I8, Dtype::F8E4m3fn, Dtype::F6E2m3, Dtype::I4] {
                statistics(dtype, bytes.len() * 2, &bytes);
            }
        }
    }

    #[test]
    fn known_numbers() {
        let bytes: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0, f32::NAN, 0.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let found = statistics(Dtype::F32, 6, &bytes);
        assert_eq!((found.mean, found.std), (Some(2.0), Some(2.0f64.sqrt())));
        assert_eq!((found.nan, found.zeros, found.max), (1, 1, Some(4.0)));
    }
}
