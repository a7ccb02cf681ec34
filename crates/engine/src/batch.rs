//! Rows cut into passes, so that how a caller groups its rows never changes the bytes.
//!
//! What an operator of the backend's does may depend on the size of the batch. Every forward and gradient pass of such
//! a graph therefore runs at one size, chosen from the model alone; the last batch is filled up by repeating its last
//! row, and the surplus is dropped. Where no row sees another ([`crate::alone`]) a pass has the rows that there are.

use glassboard_model::{Array, ModelError, View};
use ndarray::{Axis, IxDyn, Slice};

/// Bytes of values that a pass should hold: about what the caches near a core do.
const PASS: u64 = 2 << 20;

/// Rows of a pass over weights that do not stay in a cache either.
const SHARING: u64 = 8;

/// Rows that a pass takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// How many at most, where no row sees another: a power of two, so that batches of many sizes are whole passes.
    pub count: usize,
    /// How many where a pass is filled up.
    pub filled: usize,
    /// Whether their values stay in the caches near a core: such passes run side by side, a thread each; larger ones
    /// one after another, all threads on each.
    pub beside: bool,
}

impl Rows {
    /// Where a row needs `bytes`.
    pub fn within(bytes: u64) -> Self {
        let rows = (PASS / bytes.max(1)).clamp(1, 1_024);
        Self::new(1 << rows.ilog2())
    }

    /// Where nothing is known but that a row has `row` elements.
    pub fn of(row: usize) -> Self {
        Self::new(match row {
            0..=4_096 => 16,
            4_097..=32_768 => 4,
            _ => 1,
        })
    }

    fn new(count: usize) -> Self {
        Self {
            count,
            filled: count,
            beside: count > 1,
        }
    }

    /// As many more as share `weights` bytes of weights, which a pass reads once, and need about as much memory as those
    /// themselves (at most half as much again) with `bytes` a row.
    #[must_use]
    pub fn sharing(self, weights: u64, bytes: u64) -> Self {
        let rows = (weights.saturating_mul(3) / bytes.max(1).saturating_mul(2)).clamp(1, SHARING);
        Self {
            count: self.count.max(1 << rows.ilog2()),
            ..self
        }
    }
}

/// How rows are cut into passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Rows a pass.
    pub size: usize,
    /// Whether the last pass is filled up to that size.
    pub fill: bool,
    /// As in [`Rows`].
    pub beside: bool,
}

/// `size` rows of `x` from row `start` on, in row-major order, and how many of them are real: where there are fewer, the
/// last is repeated.
///
/// # Errors
/// None but of the library's own making.
pub fn chunk(x: &View<'_>, start: usize, size: usize) -> Result<(Array, usize), ModelError> {
    let real = size.min(x.shape()[0] - start);
    let mut shape = x.shape().to_vec();
    shape[0] = size;
    let rows = x.slice_axis(Axis(0), Slice::from(start..start + real));
    let mut data = Vec::with_capacity(shape.iter().product());
    extend(&mut data, &rows);
    let row = data.len() / real;
    for _ in real..size {
        data.extend_from_within(data.len() - row..);
    }
    Ok((filled(&shape, data)?, real))
}

/// Keeps the first `real` rows of an answer that should have `size`.
///
/// # Errors
/// [`ModelError::Unsupported`] where the value's first axis is not the batch.
pub fn trim(mut value: Array, size: usize, real: usize, name: &str) -> Result<Array, ModelError> {
    if value.shape().first() != Some(&size) {
        return Err(ModelError::Unsupported(format!(
            "value `{name}` has shape {:?}, whose first axis is not the batch of {size}",
            value.shape()
        )));
    }
    value.slice_axis_inplace(Axis(0), Slice::from(0..real));
    Ok(value)
}

/// Joins the trimmed answers of all chunks.
///
/// # Errors
/// [`ModelError::Failed`] where chunks differ in shape.
pub fn join(parts: &[Array], name: &str) -> Result<Array, ModelError> {
    let mut shape = parts.first().map_or_else(|| vec![0], |p| p.shape().to_vec());
    if parts.iter().any(|p| p.shape().get(1..) != shape.get(1..)) {
        return Err(ModelError::Unsupported(format!(
            "value `{name}` has another shape for other rows; explain one row at a time"
        )));
    }
    if let Some(rows) = shape.first_mut() {
        *rows = parts.iter().map(|p| p.shape()[0]).sum();
    }
    let mut data = Vec::with_capacity(shape.iter().product());
    for part in parts {
        extend(&mut data, &part.view());
    }
    filled(&shape, data)
}

/// The elements of `from` in order, as one copy where they lie so.
fn extend(data: &mut Vec<f32>, from: &View<'_>) {
    match from.as_slice() {
        Some(slice) => data.extend_from_slice(slice),
        None => data.extend(from),
    }
}

fn filled(shape: &[usize], data: Vec<f32>) -> Result<Array, ModelError> {
    Array::from_shape_vec(IxDyn(shape), data).map_err(|e| ModelError::Failed(format!("joining rows: {e}")))
}
