//! What is taken away at once: a pixel with all its channels, or a feature.

use crate::ExplainError;

/// The parts of one row that can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    /// How many there are.
    pub count: usize,
    /// Elements of a row that belong to one (channels of a picture).
    pub channels: usize,
    /// Height and width, where the row is a picture.
    pub picture: Option<(usize, usize)>,
}

impl Units {
    /// Of a row of `shape` (without the batch axis).
    pub fn of(shape: &[usize]) -> Self {
        match *shape {
            [channels, h, w] => Self {
                count: h * w,
                channels,
                picture: Some((h, w)),
            },
            _ => Self {
                count: shape.iter().product(),
                channels: 1,
                picture: None,
            },
        }
    }

    /// One value a unit: the sum of its elements. Takes an attribution of the row's size, or one that
    /// already has one value a unit.
    pub fn gather(&self, attribution: &[f32]) -> Result<Vec<f32>, ExplainError> {
        if attribution.len() == self.count {
            return Ok(attribution.to_vec());
        }
        if attribution.len() != self.count * self.channels {
            return Err(ExplainError::parameters(format!(
                "an attribution of {} values cannot be ranked on a row of {} parts",
                attribution.len(),
                self.count
            )));
        }
        let mut sums = vec![0.0f64; self.count];
        for channel in attribution.chunks_exact(self.count) {
            for (sum, value) in sums.iter_mut().zip(channel) {
                *sum += f64::from(*value);
            }
        }
        Ok(sums.iter().map(|v| *v as f32).collect())
    }
}

/// The order from the highest value to the lowest; equal values keep their order.
pub fn descending(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}
