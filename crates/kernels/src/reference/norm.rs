//! [`crate::norm`] in `f64`.

use crate::norm::{Affine, Norm};

fn parameter(norm: &Norm, row: usize, j: usize) -> usize {
    match norm.affine {
        Affine::Element => j,
        Affine::Channel { groups, inner } => (row % groups) * (norm.width / inner) + j / inner,
    }
}

/// A row's mean and one over its deviation.
fn statistics(norm: &Norm, x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = if norm.centre { x.iter().sum::<f64>() / n } else { 0.0 };
    let variance = x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    (mean, 1.0 / (variance + f64::from(norm.epsilon)).sqrt())
}

/// [`crate::norm::forward`].
pub fn forward(norm: &Norm, x: &[f64], gain: &[f64], bias: Option<&[f64]>) -> Vec<f64> {
    let mut y = Vec::with_capacity(x.len());
    for (r, x) in x.chunks_exact(norm.width).enumerate() {
        let (mean, scale) = statistics(norm, x);
        y.extend(x.iter().enumerate().map(|(j, v)| {
            let p = parameter(norm, r, j);
            (v - mean) * scale * gain[p] + bias.map_or(0.0, |b| b[p])
        }));
    }
    y
}

/// The gradients of input, gain and bias.
pub fn backward(norm: &Norm, x: &[f64], gain: &[f64], gradient: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut dx = Vec::with_capacity(x.len());
    let (mut dgain, mut dbias) = (vec![0.0; gain.len()], vec![0.0; gain.len()]);
    let n = norm.width as f64;
    for (r, (x, g)) in x
        .chunks_exact(norm.width)
        .zip(gradient.chunks_exact(norm.width))
        .enumerate()
    {
        let (mean, scale) = statistics(norm, x);
        let normal: Vec<f64> = x.iter().map(|v| (v - mean) * scale).collect();
        let inner: Vec<f64> = g
            .iter()
            .enumerate()
            .map(|(j, g)| g * gain[parameter(norm, r, j)])
            .collect();
        for (j, g) in g.iter().enumerate() {
            dgain[parameter(norm, r, j)] += g * normal[j];
            dbias[parameter(norm, r, j)] += g;
        }
        let along = if norm.centre {
            inner.iter().sum::<f64>() / n
        } else {
            0.0
        };
        let dot = inner.iter().zip(&normal).map(|(a, b)| a * b).sum::<f64>() / n;
        dx.extend(inner.iter().zip(&normal).map(|(i, v)| scale * (i - along - v * dot)));
    }
    (dx, dgain, dbias)
}

/// [`crate::norm::with_statistics`].
pub fn with_statistics(x: &[f64], inner: usize, mean: &[f64], gain: &[f64], bias: &[f64]) -> Vec<f64> {
    let each = x.iter().enumerate().map(|(i, v)| {
        let c = i / inner % mean.len();
        (v - mean[c]) * gain[c] + bias[c]
    });
    each.collect()
}
