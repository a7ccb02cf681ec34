//! Points of many dimensions.

/// Most numbers of all points together: 2 GiB of them.
const MOST_NUMBERS: usize = 1 << 29;

/// `[points, width]` finite numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    width: usize,
    values: Vec<f32>,
}

/// Why numbers are no points. Tell the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointsError {
    /// The count does not fit.
    #[error("{count} numbers are no points of {width} dimensions")]
    Count {
        /// How many numbers.
        count: usize,
        /// Dimensions of a point.
        width: usize,
    },
    /// NaN or an infinity.
    #[error("point {point} has a number that is not finite in dimension {dimension}; write finite numbers")]
    NotFinite {
        /// From 1.
        point: usize,
        /// From 1.
        dimension: usize,
    },
    /// More than is worked on.
    #[error("{count} numbers are more than the {MOST_NUMBERS} that a picture is made of")]
    TooMany {
        /// How many.
        count: usize,
    },
}

impl Points {
    /// Points of `width` dimensions, one after the other.
    pub fn new(width: usize, values: Vec<f32>) -> Result<Self, PointsError> {
        let count = values.len();
        if width == 0 || !count.is_multiple_of(width) {
            return Err(PointsError::Count { count, width });
        }
        if count > MOST_NUMBERS {
            return Err(PointsError::TooMany { count });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(PointsError::NotFinite {
                point: at / width + 1,
                dimension: at % width + 1,
            });
        }
        Ok(Self { width, values })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Dimensions of a point.
    pub fn width(&self) -> usize {
        self.width
    }

    /// One point.
    pub fn point(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// Point after point.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The mean of every dimension.
    pub(crate) fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.width];
        for point in self.values.chunks_exact(self.width) {
            for (sum, value) in mean.iter_mut().zip(point) {
                *sum += f64::from(*value);
            }
        }
        let n = self.len().max(1) as f64;
        for sum in &mut mean {
            *sum /= n;
        }
        mean
    }

    /// Each point less the mean, on the unit sphere.
    #[must_use]
    pub fn spherized(mut self) -> Self {
        let mean = self.mean();
        for point in self.values.chunks_exact_mut(self.width) {
            let mut square = 0.0;
            for (value, mean) in point.iter_mut().zip(&mean) {
                let moved = f64::from(*value) - mean;
                square += moved * moved;
                *value = moved as f32;
            }
            if square > 0.0 {
                let scale = 1.0 / square.sqrt();
                for value in point {
                    *value = (f64::from(*value) * scale) as f32;
                }
            }
        }
        self
    }
}
