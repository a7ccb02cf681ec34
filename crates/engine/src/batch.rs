//! Batches of one fixed size, so that how a caller groups its rows never changes the bytes.
//!
//! A kernel may add in another order for another batch size. Every forward and gradient pass of a
//! session therefore runs at one size, chosen from the model alone; the last batch is filled up by
//! repeating its last row, and the surplus is dropped.

use glassboard_model::{Array, ModelError, View};
use ndarray::{Axis, IxDyn, Slice};

/// Bytes of values that a pass should hold: about what the caches near a core do.
const PASS: u64 = 2 << 20;

/// Rows a pass where a row needs `bytes`: a power of two, so that batches of many sizes are whole passes.
pub fn rows_within(bytes: u64) -> usize {
    let rows = (PASS / bytes.max(1)).clamp(1, 1_024);
    1 << rows.ilog2()
}

/// Rows a pass where nothing is known but that a row has `row` elements.
pub fn rows_of(row: usize) -> usize {
    match row {
        0..=4_096 => 16,
        4_097..=32_768 => 4,
        _ => 1,
    }
}

/// Batch `k` of `x`, of exactly `size` rows, in row-major order; with it, how many of them are real.
///
/// # Errors
/// None but of the library's own making.
pub fn chunk(x: &View<'_>, size: usize, k: usize) -> Result<(Array, usize), ModelError> {
    let start = k * size;
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
