//! Points of a metric as columns: chunks on disk, blocks in memory, buckets for a screen, smoothing, groups of
//! runs; and the bytes of values that are no numbers, packed together.
//!
//! **What it is.** Pure functions over three columns: step, wall time, value.
//!
//! **What it promises.** `decode(encode(x)) == x` bit for bit, NaN payloads too. Decoding hostile
//! bytes answers an error, and allocates no more than a chunk may hold. Buckets keep every extreme
//! of every column of pixels: they are real points, never averages.
//!
//! **What it must never know.** SQL, files, runs.

mod align;
mod bands;
mod block;
mod blocks;
mod buckets;
mod chunk;
mod percentiles;
mod records;
mod smooth;
mod stretch;
mod summary;
mod trace;

pub use align::{Align, Reader, join, one_per_step};
pub use bands::{Bands, bands};
pub use block::{Block, Numbers, Steps, Walls};
pub use blocks::{Blocks, Cursor};
pub use buckets::{Grid, m4};
pub use chunk::{CHUNK, ChunkError, decode, decode_raw, encode, encode_raw};
pub use percentiles::{BASIS_POINTS, percentiles};
pub use records::{Head, Packed, RecordsError, heads, pack, unpack};
pub use smooth::smooth;
pub use stretch::{Fault, Stretch, divergence, stretch};
pub use summary::Summary;
pub use trace::{smooth_line, thin_trace};

/// Points in the order they arrived. The three columns are of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// Steps.
    pub steps: Vec<i64>,
    /// Seconds since 1970.
    pub walls: Vec<f64>,
    /// Values.
    pub values: Vec<f64>,
}

impl Columns {
    /// How many points.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// No points.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a point.
    pub fn push(&mut self, step: i64, wall: f64, value: f64) {
        self.steps.push(step);
        self.walls.push(wall);
        self.values.push(value);
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.steps.extend_from_slice(&other.steps);
        self.walls.extend_from_slice(&other.walls);
        self.values.extend_from_slice(&other.values);
    }

    /// The points of a range.
    #[must_use]
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            steps: self.steps[range.clone()].to_vec(),
            walls: self.walls[range.clone()].to_vec(),
            values: self.values[range].to_vec(),
        }
    }

    /// Splits off what comes after the first `at` points.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        Self {
            steps: self.steps.split_off(at),
            walls: self.walls.split_off(at),
            values: self.values.split_off(at),
        }
    }

    /// Keeps the points whose index `keep` answers true for.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let indices: Vec<usize> = (0..self.len()).filter(|&i| keep(i)).collect();
        if indices.len() < self.len() {
            *self = self.pick(&indices);
        }
    }

    /// The points at these indices.
    #[must_use]
    pub fn pick(&self, indices: &[usize]) -> Self {
        Self {
            steps: indices.iter().map(|&i| self.steps[i]).collect(),
            walls: indices.iter().map(|&i| self.walls[i]).collect(),
            values: indices.iter().map(|&i| self.values[i]).collect(),
        }
    }
}
