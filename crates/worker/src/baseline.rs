//! What stands for "nothing there".

use glassboard_explain::hide::usual_deviation;
use glassboard_model::Array;

use crate::preprocess::Preprocess;
use crate::trouble::Trouble;

/// Where the baseline comes from.
#[derive(Debug, Clone)]
pub enum Baseline<'a> {
    /// Zeros as the model sees them.
    Zeros,
    /// The mean colour of the picture; of a row, the mean of the background or of the training data.
    Mean,
    /// The picture, blurred.
    Blur,
    /// A row given by the user, prepared like an input, and its name.
    Given(&'a Array),
}

/// Makes one row with the shape of `x` (`[1, ...]`), flat.
pub fn baseline(
    kind: &Baseline<'_>,
    x: &Array,
    preprocess: &Preprocess,
    background: Option<&Array>,
) -> Result<Vec<f32>, Trouble> {
    match kind {
        Baseline::Zeros => Ok(vec![0.0; x.len()]),
        Baseline::Given(row) if row.len() == x.len() => Ok(row.iter().copied().collect()),
        Baseline::Given(row) => Err(Trouble::input(format!(
            "the baseline has shape {:?} and the input {:?}; they must be equal",
            row.shape(),
            x.shape()
        ))),
        Baseline::Mean => mean(x, preprocess, background),
        Baseline::Blur => blur(x, preprocess),
    }
}

fn mean(x: &Array, preprocess: &Preprocess, background: Option<&Array>) -> Result<Vec<f32>, Trouble> {
    if let Some(rows) = background.filter(|rows| !rows.is_empty()) {
        let mut sums = vec![0.0f64; x.len()];
        for row in rows.outer_iter() {
            sums.iter_mut()
                .zip(row.iter())
                .for_each(|(sum, v)| *sum += f64::from(*v));
        }
        return Ok(sums.iter().map(|sum| (sum / rows.shape()[0] as f64) as f32).collect());
    }
    if let Some(planes) = planes(x, preprocess) {
        let (places, mut out) = (planes.places, x.iter().copied().collect::<Vec<f32>>());
        for c in 0..planes.channels {
            let sum: f64 = (0..places).map(|i| f64::from(out[planes.at(c, i)])).sum();
            (0..places).for_each(|i| out[planes.at(c, i)] = (sum / places as f64) as f32);
        }
        return Ok(out);
    }
    if preprocess.standardise.is_some() {
        // A standardised column has mean zero over the training data.
        return Ok(vec![0.0; x.len()]);
    }
    Err(Trouble::input(
        "the mean of a row needs background rows, or a preprocess.json that standardises; use the zeros baseline",
    ))
}

/// How the numbers of a picture lie.
#[derive(Debug, Clone, Copy)]
pub struct Planes {
    /// How many channels.
    pub channels: usize,
    /// Pixels of a channel.
    pub places: usize,
    /// Height and width.
    pub size: (usize, usize),
    /// From a pixel to the next.
    step: usize,
}

impl Planes {
    /// Flat index of pixel `i` of channel `c`.
    pub fn at(&self, c: usize, i: usize) -> usize {
        if self.step == 1 {
            c * self.places + i
        } else {
            i * self.step + c
        }
    }
}

/// How `x` lies, where it is a picture (`[1, ...]`).
pub fn planes(x: &Array, preprocess: &Preprocess) -> Option<Planes> {
    let (channels, size, step) = match (x.shape(), preprocess.layout.as_str()) {
        (&[1, c, h, w], "NCHW") => (c, (h, w), 1),
        (&[1, h, w, c], "NHWC") => (c, (h, w), c),
        _ => return None,
    };
    let places = size.0 * size.1;
    // A single channel lies the same either way.
    Some(Planes {
        channels,
        places,
        size,
        step: if channels == 1 { 1 } else { step },
    })
}

/// Gaussian with a deviation of an eighth of the shorter side, edges repeated.
fn blur(x: &Array, preprocess: &Preprocess) -> Result<Vec<f32>, Trouble> {
    let (&[1, channels, h, w], "NCHW") = (x.shape(), preprocess.layout.as_str()) else {
        return Err(Trouble::input(
            "only a picture (NCHW) can be blurred; use the zeros baseline",
        ));
    };
    let picture = [channels, h, w];
    let flat: Vec<f32> = x.iter().copied().collect();
    Ok(glassboard_explain::hide::blur(&flat, picture, usual_deviation(picture)))
}
