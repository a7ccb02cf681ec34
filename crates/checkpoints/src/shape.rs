//! Shapes that files claim, checked before anything is allocated for them.

use crate::{CheckpointError, Dtype, Result};

/// Most axes of a tensor.
pub const MAX_RANK: usize = 64;
/// Most bytes of one tensor.
pub const MAX_TENSOR_BYTES: usize = 16 << 30;

/// Axes from the signed numbers of a file.
pub fn from_signed(name: &str, dims: &[i64]) -> Result<Vec<usize>> {
    if dims.len() > MAX_RANK {
        return Err(CheckpointError::Limit(format!(
            "tensor `{name}` has {} axes; at most {MAX_RANK} are read",
            dims.len()
        )));
    }
    let axes = dims
        .iter()
        .map(|&dim| usize::try_from(dim).ok())
        .collect::<Option<Vec<_>>>();
    let axes = axes.ok_or_else(|| {
        CheckpointError::Damaged(format!(
            "tensor `{name}` has the shape {dims:?}; an axis cannot be negative"
        ))
    })?;
    numel(name, &axes)?;
    Ok(axes)
}

/// Number of elements.
pub fn numel(name: &str, shape: &[usize]) -> Result<usize> {
    // Zeros are multiplied last: a shape such as [0, 2^63, 2^63] overflows in any other reader.
    shape
        .iter()
        .filter(|&&dim| dim != 0)
        .try_fold(1usize, |product, &dim| product.checked_mul(dim))
        .map_or_else(
            || {
                Err(CheckpointError::Damaged(format!(
                    "the shape {shape:?} of tensor `{name}` overflows; the file is damaged"
                )))
            },
            |product| Ok(if shape.contains(&0) { 0 } else { product }),
        )
}

/// Bytes of a tensor of this shape.
pub fn bytes(name: &str, shape: &[usize], dtype: Dtype) -> Result<usize> {
    let bits = numel(name, shape)?.checked_mul(dtype.bits());
    match bits.map(|bits| bits.div_ceil(8)) {
        Some(bytes) if bytes <= MAX_TENSOR_BYTES => Ok(bytes),
        _ => Err(CheckpointError::Limit(format!(
            "tensor `{name}` claims the shape {shape:?}, more than the {} GiB that one tensor may have",
            MAX_TENSOR_BYTES >> 30
        ))),
    }
}
