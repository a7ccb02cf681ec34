//! Does the explanation fall apart with the model? (Adebayo et al. 2018; smooth and efficient: Hedström et al. 2023)

use glassboard_model::{Array, Model};
use serde::Serialize;

use super::randomise::{layers, shuffled};
use super::statistics::{magnitudes, spearman};
use crate::ExplainError;
use crate::random::Counter;

/// Stream of [`Counter`] for the noise.
const STREAM: u64 = 83;
/// Standard deviation of the noise, as a share of the input's range.
const NOISE: f64 = 0.1;
/// Bins of the histogram whose entropy is taken.
const BINS: usize = 100;

/// Explains one row under a model, for a class: the flat attribution.
pub type ExplainUnder<'a> = dyn FnMut(&dyn Model, &Array, usize) -> Result<Vec<f64>, ExplainError> + 'a;

/// How much is spent.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Most randomised models.
    pub models: usize,
    /// Noisy copies of the row whose mean attribution is compared as well; none: not measured.
    pub noisy: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Randomised {
    /// Layers that the model has.
    pub layers: usize,
    /// How many of them, from the output down, were shuffled in each model.
    pub shuffled: Vec<usize>,
    /// Spearman's correlation of magnitudes with the explanation of the trained model, for each.
    pub similarity: Vec<Option<f64>>,
    /// The same of the mean attribution over noisy copies of the row.
    pub smooth: Option<Vec<Option<f64>>>,
    /// With every layer shuffled: by what share of itself the entropy of the attribution's histogram has risen.
    pub entropy_rise: Option<f64>,
}

/// Which counts of layers are looked at: the first, the last, and between them evenly.
fn counts(layers: usize, models: usize) -> Vec<usize> {
    let models = models.clamp(1, layers.max(1));
    if models == 1 {
        return vec![layers];
    }
    (0..models)
        .map(|k| 1 + (k * (layers - 1) + (models - 1) / 2) / (models - 1))
        .collect()
}

/// Explains `x` (one row) again under models whose layers are shuffled from the output down, each with all that were
/// shuffled before. `own` is the attribution under the model itself. None for a model without weights.
pub fn mprt(
    model: &dyn Model,
    x: &Array,
    class: usize,
    own: &[f64],
    effort: Effort,
    seed: u64,
    explain: &mut ExplainUnder<'_>,
) -> Result<Option<Randomised>, ExplainError> {
    let all = layers(&model.weights());
    if all.is_empty() {
        return Ok(None);
    }
    let counts = counts(all.len(), effort.models);
    let still = magnitudes(own);
    let noisy = noisy(x, effort.noisy, seed);
    let mean = |model: &dyn Model, explain: &mut ExplainUnder<'_>| {
        let mut sum = vec![0.0f64; own.len()];
        for copy in &noisy {
            let one = explain(model, copy, class)?;
            sum.iter_mut().zip(one).for_each(|(sum, v)| *sum += v);
        }
        Ok::<_, ExplainError>(magnitudes(&sum))
    };
    let smooth_still = if noisy.is_empty() {
        None
    } else {
        Some(mean(model, explain)?)
    };
    let mut found = Randomised {
        layers: all.len(),
        shuffled: counts.clone(),
        similarity: Vec::with_capacity(counts.len()),
        smooth: smooth_still.is_some().then(Vec::new),
        entropy_rise: None,
    };
    for count in &counts {
        let other = shuffled(model, &all, all.len() - count..all.len(), seed)?;
        let map = explain(&*other, x, class)?;
        found.similarity.push(spearman(&still, &magnitudes(&map)));
        if *count == all.len() {
            found.entropy_rise = rise(own, &map);
        }
        if let (Some(still), Some(out)) = (&smooth_still, &mut found.smooth) {
            out.push(spearman(still, &mean(&*other, explain)?));
        }
    }
    Ok(Some(found))
}

/// Copies of `x` with Gaussian noise of a tenth of its range.
fn noisy(x: &Array, count: usize, seed: u64) -> Vec<Array> {
    let low = x.iter().copied().fold(f32::INFINITY, f32::min);
    let high = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let spread = NOISE * f64::from(high - low);
    (0..count)
        .map(|k| {
            let mut random = Counter::new(seed, STREAM, k as u64);
            x.mapv(|v| (f64::from(v) + spread * random.normal()) as f32)
        })
        .collect()
}

/// (entropy after - entropy before) / entropy before; none where before there is nothing to read.
fn rise(before: &[f64], after: &[f64]) -> Option<f64> {
    let (before, after) = (entropy(before), entropy(after));
    (before > 0.0).then(|| (after - before) / before)
}

/// Entropy, in nats, of how the magnitudes fall into equal bins from the least to the greatest.
fn entropy(values: &[f64]) -> f64 {
    let values = magnitudes(values);
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = high - low;
    if !width.is_finite() || width <= 0.0 {
        return 0.0;
    }
    let mut counts = [0usize; BINS];
    for value in &values {
        let bin = ((value - low) / width * BINS as f64) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let share = |count: &usize| *count as f64 / values.len() as f64;
    -counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| share(count) * share(count).ln())
        .sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_layer_are_always_looked_at() {
        assert_eq!(counts(4, 8), [1, 2, 3, 4]);
        assert_eq!(counts(21, 3), [1, 11, 21]);
        assert_eq!(counts(1, 5), [1]);
        assert_eq!(counts(9, 1), [9]);
        let many = counts(50, 8);
        assert_eq!((many[0], many[7]), (1, 50));
        assert!(many.windows(2).all(|pair| pair[0] < pair[1]), "{many:?}");
    }

    #[test]
    fn entropy_is_that_of_the_bins() {
        assert!((entropy(&[0.0, 0.0, 1.0, 1.0]) - 2.0f64.ln()).abs() < 1e-12);
        assert!(entropy(&[3.0, 3.0]).abs() < 1e-12);
        assert!(rise(&[0.0, 1.0], &[0.0, 1.0, 2.0, 3.0]).unwrap() > 0.9);
        assert_eq!(rise(&[1.0, 1.0], &[0.0, 1.0]), None);
    }
}
