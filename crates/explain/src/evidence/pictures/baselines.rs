//! What pixels are exchanged for.

use crate::hide::{blur, mean_colour, noise, usual_deviation};

/// A baseline of a picture.
pub(super) struct PictureBaseline {
    /// How a sentence calls it.
    pub name: &'static str,
    /// The shape of the picture, flat.
    pub values: Vec<f32>,
}

/// Zeros, the picture's mean colour, the picture blurred, and noise with the picture's mean and spread.
pub(super) fn baselines(values: &[f32], picture: [usize; 3], seed: u64) -> Vec<PictureBaseline> {
    let baseline = |name, values| PictureBaseline { name, values };
    vec![
        baseline("zeros", vec![0.0; values.len()]),
        baseline("mean", mean_colour(values, picture)),
        baseline("blur", blur(values, picture, usual_deviation(picture))),
        baseline("noise", noise(values, picture, seed)),
    ]
}
