//! The family of class activation maps around Grad-CAM, with the scaling of pytorch-grad-cam.

use glassboard_model::Array;

use super::array;
use super::grad_cam::{enlarge, per_place};
use crate::resize::Interpolation;
use crate::{Ask, ExplainError, Runner};

/// How activations and gradients become a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cam {
    /// Chattopadhay et al. 2018.
    PlusPlus,
    /// Fu et al. 2020.
    X,
    /// Draelos and Carin 2020.
    HiRes,
    /// Jiang et al. 2021.
    Layer,
}

/// The map at the size of the input, scaled to 0..1 for each row: `[rows, 1, height, width]`.
pub fn cam(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str, kind: Cam) -> Result<Array, ExplainError> {
    let map = per_place(run, ask, layer, |a, g, places, out| {
        for (a, g) in a.chunks_exact(places).zip(g.chunks_exact(places)) {
            let weight = weight(kind, a, g);
            for ((out, a), g) in out.iter_mut().zip(a).zip(g) {
                let (a, g) = (f64::from(*a), f64::from(*g));
                *out += match kind {
                    Cam::HiRes => g * a,
                    Cam::Layer => g.max(0.0) * a,
                    Cam::PlusPlus | Cam::X => weight * a,
                };
            }
        }
    })?;
    finish(&map, ask)
}

/// What all maps of the family end with: positive part, scaled, at the size of the input, scaled again.
pub(crate) fn finish(map: &Array, ask: &Ask<'_>) -> Result<Array, ExplainError> {
    let enlarged = enlarge(&scaled(map)?, ask, Interpolation::Bilinear)?;
    scaled(&enlarged)
}

/// The values of a layer of maps, `[rows, channels, height, width]`, with its shape.
pub(crate) fn maps(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str) -> Result<(Array, [usize; 4]), ExplainError> {
    let activation = run.capture(ask.x, layer)?.as_standard_layout().into_owned();
    let Ok(shape) = <[usize; 4]>::try_from(activation.shape()) else {
        return Err(ExplainError::parameters(format!(
            "`{layer}` has shape {:?}, not rows x channels x height x width; choose a convolution",
            activation.shape()
        )));
    };
    Ok((activation, shape))
}

/// The sum over channels of weight times map for each row, finished: `weights` is `[rows, channels]`.
pub(crate) fn weighted(
    activation: &Array,
    [rows, channels, height, width]: [usize; 4],
    weights: &[f64],
    ask: &Ask<'_>,
) -> Result<Array, ExplainError> {
    let places = height * width;
    let flat = activation.as_slice().unwrap_or_default();
    let mut out = Vec::with_capacity(rows * places);
    for (row, weights) in flat
        .chunks_exact((channels * places).max(1))
        .zip(weights.chunks_exact(channels.max(1)))
    {
        let mut map = vec![0.0f64; places];
        for (channel, weight) in row.chunks_exact(places).zip(weights) {
            for (sum, a) in map.iter_mut().zip(channel) {
                *sum += weight * f64::from(*a);
            }
        }
        out.extend(map.iter().map(|v| *v as f32));
    }
    finish(&array(rows, &[1, height, width], out)?, ask)
}

/// The weight of one channel, for the kinds that have one.
fn weight(kind: Cam, a: &[f32], g: &[f32]) -> f64 {
    let sum: f64 = a.iter().map(|v| f64::from(*v)).sum();
    let pairs = a.iter().zip(g).map(|(a, g)| (f64::from(*a), f64::from(*g)));
    match kind {
        Cam::HiRes | Cam::Layer => 1.0,
        Cam::X => pairs.map(|(a, g)| g * a).sum::<f64>() / (sum + 1e-7),
        Cam::PlusPlus => pairs
            .filter(|(_, g)| *g != 0.0)
            .map(|(_, g)| g.max(0.0) * g * g / (2.0 * g * g + sum * g * g * g + 1e-6))
            .sum(),
    }
}

/// Positive part, minus the minimum, divided by (1e-7 + maximum), for each row.
fn scaled(map: &Array) -> Result<Array, ExplainError> {
    let standard = map.as_standard_layout();
    let size: usize = map.shape()[1..].iter().product();
    let mut out = Vec::with_capacity(map.len());
    for row in standard.as_slice().unwrap_or_default().chunks_exact(size.max(1)) {
        let low = row.iter().fold(f32::INFINITY, |l, v| l.min(v.max(0.0)));
        let high = row.iter().fold(0.0f32, |h, v| h.max(v.max(0.0) - low));
        out.extend(row.iter().map(|v| (v.max(0.0) - low) / (1e-7 + high)));
    }
    array(map.shape()[0], &map.shape()[1..], out)
}
