//! What is explained: rows, and one scalar of the output per row.

use glassboard_model::{Array, ModelError, OutputSpace, Target};
use ndarray::Axis;

use crate::ExplainError;

/// Which output, and before or after softmax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readout {
    /// Graph output by name; `None` is the first.
    pub output: Option<String>,
    /// Before or after softmax.
    pub space: OutputSpace,
}

impl Readout {
    /// The same output in another space.
    #[must_use]
    pub fn within(&self, space: OutputSpace) -> Self {
        Self {
            output: self.output.clone(),
            space,
        }
    }
}

/// Rows to explain, with a class for each.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The rows, `[batch, ...]`, contiguous.
    pub x: &'a Array,
    /// Which scalar of the output.
    pub readout: Readout,
    /// One class per row.
    pub targets: &'a [usize],
}

impl<'a> Ask<'a> {
    /// Checks that every row has a target and that there is a row.
    pub fn new(x: &'a Array, readout: Readout, targets: &'a [usize]) -> Result<Self, ExplainError> {
        if x.ndim() < 2 || x.is_empty() {
            return Err(ExplainError::parameters(format!(
                "an input of shape {:?} holds nothing to explain",
                x.shape()
            )));
        }
        if x.len_of(Axis(0)) != targets.len() {
            return Err(ExplainError::parameters(format!(
                "{} targets for {} rows; give one each",
                targets.len(),
                x.len_of(Axis(0))
            )));
        }
        Ok(Self { x, readout, targets })
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.targets.len()
    }

    /// Shape of one row, without the batch axis.
    pub fn row_shape(&self) -> &[usize] {
        &self.x.shape()[1..]
    }

    /// The elements of row `i`.
    pub fn row(&self, i: usize) -> &[f32] {
        let size: usize = self.row_shape().iter().product();
        &self.x.as_slice().unwrap_or_default()[i * size..][..size]
    }

    /// `[channels, height, width]` of a row, where it is a picture.
    pub fn picture(&self) -> Option<[usize; 3]> {
        <[usize; 3]>::try_from(self.row_shape()).ok()
    }

    /// What to ask the model for rows with these classes.
    pub(crate) fn target(&self, targets: Vec<usize>) -> Target {
        Target {
            output: self.readout.output.clone(),
            space: self.readout.space,
            targets,
        }
    }
}

/// The explained scalar of each row of `outputs` (`[batch, ...]`).
pub fn scalars(outputs: &Array, space: OutputSpace, targets: &[usize]) -> Result<Vec<f32>, ModelError> {
    let width: usize = outputs.shape()[1..].iter().product();
    let last = outputs
        .shape()
        .last()
        .copied()
        .filter(|_| outputs.ndim() > 1)
        .unwrap_or(1);
    let flat = outputs.as_standard_layout();
    let flat = flat.as_slice().unwrap_or_default();
    let mut values = Vec::with_capacity(targets.len());
    for (row, &target) in flat.chunks_exact(width.max(1)).zip(targets) {
        let Some(&raw) = row.get(target) else {
            return Err(ModelError::Input(format!(
                "target {target} is out of range: the output has {width} values a row"
            )));
        };
        values.push(match space {
            OutputSpace::Raw => raw,
            OutputSpace::Probability if last == 1 => (1.0 / (1.0 + (-f64::from(raw)).exp())) as f32,
            OutputSpace::Probability => {
                let group = &row[target / last * last..][..last];
                softmax(group)[target % last]
            }
        });
    }
    Ok(values)
}

/// Softmax of one row, in double precision inside.
pub fn softmax(row: &[f32]) -> Vec<f32> {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = row.iter().map(|v| f64::from(v - highest).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|p| (p / total) as f32).collect()
}
