//! The masks of onnxruntime's attention operators, which come in several shapes.

use super::super::Call;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::{Elem, Host};

/// What a mask is laid over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub batch: usize,
    pub queries: usize,
    pub keys: usize,
}

/// A mask as what is added to the scores: `filter` where it hides a key.
///
/// Known forms: `[batch]` ends of the keys; `[2 * batch]` ends, then beginnings; `[batch, keys]`,
/// `[batch, queries, keys]` and `[batch, 1, longest, longest]` with a positive number where a key is seen.
pub(super) fn additive<B: Engine>(
    c: &Call<'_, B>,
    mask: &Host,
    extent: Extent,
    filter: f32,
) -> Result<Option<Float<B>>, OpError> {
    if matches!(*mask.shape, [_, 1]) && extent.keys != 1 {
        // A mask of one column stands for none.
        return Ok(None);
    }
    known(c, mask, extent, filter).map(Some)
}

fn known<B: Engine>(c: &Call<'_, B>, mask: &Host, extent: Extent, filter: f32) -> Result<Float<B>, OpError> {
    let Extent { batch, queries, keys } = extent;
    let wrong = || {
        OpError::unsupported(format!(
            "a mask of shape {:?} for {batch} items, {queries} queries and {keys} keys",
            mask.shape
        ))
    };
    let seen = |v: i64| if v > 0 { 0.0 } else { filter };
    match *mask.shape.as_slice() {
        [n] if n == batch || n == 2 * batch => {
            c.reserve(&[batch, keys])?;
            let mut data = vec![0.0; batch * keys];
            for (b, row) in data.chunks_mut(keys.max(1)).enumerate() {
                let end = mask.data[b];
                let start = if n == batch { 0 } else { mask.data[b + batch] };
                for (j, v) in row.iter_mut().enumerate() {
                    if j as i64 >= end || (j as i64) < start {
                        *v = filter;
                    }
                }
            }
            Ok(c.tensor_from(data, vec![batch, 1, 1, keys], Elem::F32))
        }
        [b, k] if b == batch && k == keys => {
            let data = mask.data.iter().map(|&v| seen(v)).collect();
            Ok(c.tensor_from(data, vec![batch, 1, 1, keys], Elem::F32))
        }
        [b, q, k] if b == batch && q == queries && k == keys => {
            let data = mask.data.iter().map(|&v| seen(v)).collect();
            Ok(c.tensor_from(data, vec![batch, 1, queries, keys], Elem::F32))
        }
        [b, 1, longest, width] if b == batch && width >= keys && longest >= keys && keys >= queries => {
            c.reserve(&[batch, queries, keys])?;
            let mut data = Vec::with_capacity(batch * queries * keys);
            for b in 0..batch {
                for i in 0..queries {
                    let start = (b * longest + keys - queries + i) * width;
                    data.extend(mask.data[start..start + keys].iter().map(|&v| seen(v)));
                }
            }
            Ok(c.tensor_from(data, vec![batch, 1, queries, keys], Elem::F32))
        }
        _ => Err(wrong()),
    }
}

/// Hides from every query the keys behind it: `filter` is added there.
pub(super) fn causal<B: Engine>(c: &Call<'_, B>, extent: Extent, filter: f32) -> Result<Float<B>, OpError> {
    let Extent { queries, keys, .. } = extent;
    c.reserve(&[queries, keys])?;
    let past = keys.saturating_sub(queries);
    let data = (0..queries)
        .flat_map(|i| (0..keys).map(move |j| if j > past + i { filter } else { 0.0 }))
        .collect();
    Ok(c.tensor_from(data, vec![1, 1, queries, keys], Elem::F32))
}

/// The sum of what is there, in the type of the scores.
pub(super) fn sum<B: Engine>(parts: Vec<Option<Float<B>>>, elem: Elem) -> Result<Option<Float<B>>, OpError> {
    let mut total: Option<Float<B>> = None;
    for part in parts.into_iter().flatten() {
        let part = part.cast_like(elem);
        total = Some(match total {
            None => part,
            Some(t) => t.add(part)?,
        });
    }
    Ok(total)
}
