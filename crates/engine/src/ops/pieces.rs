//! Cutting tensors of any kind into pieces along an axis, and joining them again.

use std::sync::Arc;

use super::Call;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::{Elem, Host, Text, Value, strided_indices, strides};

/// Elements `start..end` of axis `at`, which hold that many.
pub(super) fn part<B: Engine>(
    c: &Call<'_, B>,
    x: Value<B>,
    at: usize,
    start: usize,
    end: usize,
) -> Result<Value<B>, OpError> {
    let mut ranges: Vec<(usize, usize)> = x.shape().iter().map(|&d| (0, d)).collect();
    ranges[at] = (start, end);
    let shape: Vec<usize> = ranges.iter().map(|(a, b)| b - a).collect();
    if let Value::Float(f) = x {
        // Backends dislike empty slices.
        return Ok(Value::Float(if shape.contains(&0) {
            Float::from_vec(Vec::new(), shape, f.elem, c.device)
        } else {
            f.narrow(&ranges)
        }));
    }
    let steps = strides(x.shape());
    let index = strided_indices(&shape, &steps, start * steps[at]);
    x.pick(shape, index)
}

/// Slice `i` of axis `at`, without that axis.
pub(super) fn slice<B: Engine>(c: &Call<'_, B>, x: Value<B>, at: usize, i: usize) -> Result<Value<B>, OpError> {
    let mut shape = x.shape().to_vec();
    shape.remove(at);
    part(c, x, at, i, i + 1)?.reshaped(shape)
}

/// Joins tensors of one kind along axis `at`; every other dimension agrees.
pub(super) fn join<B: Engine>(c: &Call<'_, B>, parts: Vec<Value<B>>, at: usize) -> Result<Value<B>, OpError> {
    let first = parts.first().ok_or_else(|| OpError::bad("nothing to join"))?;
    let (kind, elem) = (first.kind(), first.elem());
    let mut shape = first.shape().to_vec();
    if at >= shape.len() {
        return Err(OpError::bad(format!("{kind} of shape {shape:?} has no axis {at}")));
    }
    let mut total = 0usize;
    for part in &parts {
        let fits = part.elem() == elem
            && part.shape().len() == shape.len()
            && part
                .shape()
                .iter()
                .zip(&shape)
                .enumerate()
                .all(|(i, (a, b))| i == at || a == b);
        if !fits {
            return Err(OpError::bad(format!(
                "{kind} of shape {shape:?} and {} of shape {:?} cannot be joined along axis {at}",
                part.kind(),
                part.shape()
            )));
        }
        total = total.saturating_add(part.shape()[at]);
    }
    shape[at] = total;
    c.reserve(&shape)?;
    if elem.is_some_and(Elem::is_float) {
        let parts = parts.into_iter().map(Value::float).collect::<Result<Vec<_>, _>>()?;
        return Ok(Value::Float(Float::concat(parts, at)?));
    }
    let outer: usize = shape[..at].iter().product();
    let inner: usize = shape[at + 1..].iter().product();
    if elem == Some(Elem::Str) {
        let parts = parts.into_iter().map(Value::text).collect::<Result<Vec<_>, _>>()?;
        let mut data = Vec::new();
        for o in 0..outer {
            for part in &parts {
                let run = part.shape[at] * inner;
                data.extend_from_slice(&part.data[o * run..(o + 1) * run]);
            }
        }
        return Ok(Value::Text(Text {
            shape,
            data: Arc::new(data),
        }));
    }
    let parts = parts.into_iter().map(Value::host).collect::<Result<Vec<_>, _>>()?;
    let mut data = Vec::new();
    for o in 0..outer {
        for part in &parts {
            let run = part.shape[at] * inner;
            data.extend_from_slice(&part.data[o * run..(o + 1) * run]);
        }
    }
    let elem = elem.unwrap_or(Elem::I64);
    Ok(Value::Host(Host::new(shape, elem, data)))
}

/// Stacks tensors of one shape along a new axis `at`.
pub(super) fn stack<B: Engine>(c: &Call<'_, B>, parts: Vec<Value<B>>, at: usize) -> Result<Value<B>, OpError> {
    let parts = parts
        .into_iter()
        .map(|p| {
            let mut shape = p.shape().to_vec();
            shape.insert(at.min(shape.len()), 1);
            p.reshaped(shape)
        })
        .collect::<Result<Vec<_>, _>>()?;
    join(c, parts, at)
}

/// A tensor with no elements.
pub(super) fn empty<B: Engine>(c: &Call<'_, B>, shape: Vec<usize>, elem: Elem) -> Value<B> {
    match elem {
        Elem::Str => Value::Text(Text {
            shape,
            data: Arc::default(),
        }),
        e if e.is_float() => Value::Float(Float::from_vec(Vec::new(), shape, e, c.device)),
        e => Value::Host(Host::new(shape, e, Vec::new())),
    }
}
