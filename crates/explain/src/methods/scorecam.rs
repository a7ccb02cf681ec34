//! Maps of a layer weighted by what the picture says through each of them (Wang et al. 2020).

use glassboard_model::Array;

use super::cam::{maps, weighted};
use crate::resize::{Interpolation, resize};
use crate::{Ask, ExplainError, Runner};

/// Every channel, enlarged (corners on corners) and scaled to 0..1, masks the picture; the softmax over channels of the
/// explained scalar of the masked pictures weighs the maps. Finished as the family is: `[rows, 1, height, width]`.
pub fn scorecam(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str) -> Result<Array, ExplainError> {
    let Some([_, height, width]) = ask.picture() else {
        return Err(ExplainError::parameters(
            "Score-CAM needs a picture; this input is not one",
        ));
    };
    let (activation, shape) = maps(run, ask, layer)?;
    let [rows, channels, h, w] = shape;
    let flat = activation.as_slice().unwrap_or_default();
    let row_shape = ask.row_shape().to_vec();
    let scores = run.forward(
        &row_shape,
        rows * channels,
        &ask.readout,
        |i| ask.targets[i / channels],
        |i, row| {
            row.copy_from_slice(ask.row(i / channels));
            let mask = mask(&flat[i * h * w..][..h * w], (h, w), (height, width));
            for channel in row.chunks_exact_mut(height * width) {
                for (value, m) in channel.iter_mut().zip(&mask) {
                    *value *= m;
                }
            }
        },
    )?;
    let weights: Vec<f64> = scores.chunks_exact(channels.max(1)).flat_map(softmax).collect();
    weighted(&activation, shape, &weights, ask)
}

/// One map at the size of the picture, from 0 to 1.
fn mask(map: &[f32], from: (usize, usize), to: (usize, usize)) -> Vec<f32> {
    let mut mask = resize(map, from, to, Interpolation::Corners);
    let low = mask.iter().copied().fold(f32::INFINITY, f32::min);
    let high = mask.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in &mut mask {
        *value = (*value - low) / (high - low + 1e-8);
    }
    mask
}

/// In double precision to the end: weights of many channels are small.
fn softmax(scores: &[f32]) -> Vec<f64> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = scores.iter().map(|v| f64::from(v - highest).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|p| p / total).collect()
}
