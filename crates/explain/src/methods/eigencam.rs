//! What a layer's maps have most in common (Muhammad and Yeasin 2020): no gradient, no class.

use faer::{Mat, Side};
use glassboard_model::{Array, ModelError};

use super::array;
use super::cam::{finish, maps};
use crate::{Ask, ExplainError, Runner};

/// Which way a direction points: a principal component has no sign of its own.
#[derive(Debug, Clone, Copy)]
pub enum Sign<'a> {
    /// So that the map rises with the mean over channels.
    WithMean,
    /// So that the largest weight of each row has this sign.
    Given(&'a [f64]),
}

/// The layer's values at each place, channels centred, along the first principal direction of the row's places.
/// Finished as the family is: `[rows, 1, height, width]`.
pub fn eigencam(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str, sign: Sign<'_>) -> Result<Array, ExplainError> {
    let (activation, [rows, channels, h, w]) = maps(run, ask, layer)?;
    let flat = activation.as_slice().unwrap_or_default();
    let places = h * w;
    let mut out = Vec::with_capacity(rows * places);
    for (i, row) in flat.chunks_exact((channels * places).max(1)).enumerate() {
        let centred = centred(row, places);
        let weights = first_direction(&centred, channels, places)?;
        let mut map = vec![0.0f64; places];
        for (channel, weight) in centred.chunks_exact(places).zip(&weights) {
            for (sum, a) in map.iter_mut().zip(channel) {
                *sum += weight * a;
            }
        }
        let turned = match sign {
            Sign::WithMean => against_mean(&centred, &map),
            Sign::Given(signs) => {
                let largest = weights
                    .iter()
                    .fold(0.0f64, |m, w| if w.abs() > m.abs() { *w } else { m });
                largest * signs.get(i).copied().unwrap_or(1.0) < 0.0
            }
        };
        out.extend(map.iter().map(|v| if turned { -v as f32 } else { *v as f32 }));
    }
    finish(&array(rows, &[1, h, w], out)?, ask)
}

/// Each channel less its mean over the places.
fn centred(row: &[f32], places: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(row.len());
    for channel in row.chunks_exact(places) {
        let mean = channel.iter().map(|v| f64::from(*v)).sum::<f64>() / places as f64;
        out.extend(channel.iter().map(|v| f64::from(*v) - mean));
    }
    out
}

/// Whether the map falls where the mean over channels rises.
fn against_mean(centred: &[f64], map: &[f64]) -> bool {
    let mut along = 0.0;
    for channel in centred.chunks_exact(map.len().max(1)) {
        along += channel.iter().zip(map).map(|(a, m)| a * m).sum::<f64>();
    }
    along < 0.0
}

/// The first right singular vector of places x channels, from the smaller of the two products of the matrix with
/// itself: layers have many channels on few places, or few on many.
fn first_direction(centred: &[f64], channels: usize, places: usize) -> Result<Vec<f64>, ExplainError> {
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let across: Vec<f64>;
    let (count, length, lines) = if channels <= places {
        (channels, places, centred)
    } else {
        across = (0..places)
            .flat_map(|p| (0..channels).map(move |c| centred[c * places + p]))
            .collect();
        (places, channels, across.as_slice())
    };
    let line = |i: usize| &lines[i * length..][..length];
    let mut product = Mat::<f64>::zeros(count, count);
    for i in 0..count {
        for j in 0..=i {
            let value = dot(line(i), line(j));
            product[(i, j)] = value;
            product[(j, i)] = value;
        }
    }
    let eigen = product
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| ModelError::Failed("the layer's values have no principal direction".to_owned()))?;
    // In rising order of their eigenvalues.
    let last: Vec<f64> = (0..count).map(|i| eigen.U()[(i, count - 1)]).collect();
    if channels <= places {
        return Ok(last);
    }
    let mut weights = vec![0.0f64; channels];
    for (place, share) in last.iter().enumerate() {
        for (weight, v) in weights.iter_mut().zip(line(place)) {
            *weight += share * v;
        }
    }
    let length = dot(&weights, &weights).sqrt();
    // A layer that is the same everywhere has no direction: its map is zeros.
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    Ok(weights.iter().map(|w| w * scale).collect())
}
