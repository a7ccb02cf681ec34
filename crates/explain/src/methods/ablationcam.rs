//! Maps of a layer weighted by how far the output falls without each of them (Desai and Ramaswamy 2020).

use glassboard_model::Array;

use super::cam::{maps, weighted};
use crate::inner::Inside;
use crate::{Ask, ExplainError, Runner};

/// What stands in for a channel that is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Nothing: zeros, as its authors have it.
    Zero,
    /// A number far below everything in the layer, as pytorch-grad-cam has it: zero where the layer's smallest value is
    /// zero, else that less 1e7 for each channel taken so far.
    FarBelow,
}

impl Fill {
    /// By catalogue name; anything else is zero.
    pub fn parse(name: &str) -> Self {
        if name == "far_below" {
            Self::FarBelow
        } else {
            Self::Zero
        }
    }

    /// The number for every channel of a row.
    fn numbers(self, row: &[f32], channels: usize) -> Vec<f32> {
        let mut low = row.iter().copied().fold(f32::INFINITY, f32::min);
        (0..channels)
            .map(|_| {
                if self == Self::Zero || low == 0.0 {
                    return 0.0;
                }
                low -= 1e7;
                low
            })
            .collect()
    }
}

/// The sum over channels of ((y - `y_k`) / y) * `A_k`, with `y_k` the explained scalar when channel k is taken away: its
/// values are replaced in the layer, and what follows is run again. Finished as the family is:
/// `[rows, 1, height, width]`.
pub fn ablationcam(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str, fill: Fill) -> Result<Array, ExplainError> {
    let (activation, shape) = maps(run, ask, layer)?;
    let [rows, channels, h, w] = shape;
    let flat = activation.as_slice().unwrap_or_default();
    let (places, size) = (h * w, channels * h * w);
    let numbers: Vec<f32> = flat
        .chunks_exact(size.max(1))
        .flat_map(|row| fill.numbers(row, channels))
        .collect();
    // The first of each row is the layer as it is.
    let each = channels + 1;
    let inside = Inside {
        layer,
        shape: &[channels, h, w],
        count: rows * each,
        row: &|i| i / each,
    };
    let scores = run.forward_from(ask, &inside, |i, values| {
        let (row, which) = (i / each, i % each);
        values.copy_from_slice(&flat[row * size..][..size]);
        if let Some(channel) = which.checked_sub(1) {
            values[channel * places..][..places].fill(numbers[row * channels + channel]);
        }
    })?;
    let mut weights = Vec::with_capacity(rows * channels);
    for scores in scores.chunks_exact(each) {
        let whole = f64::from(scores[0]);
        // A share of nothing says nothing.
        let share = |score: &f32| {
            if whole == 0.0 {
                0.0
            } else {
                (whole - f64::from(*score)) / whole
            }
        };
        weights.extend(scores[1..].iter().map(share));
    }
    weighted(&activation, shape, &weights, ask)
}
