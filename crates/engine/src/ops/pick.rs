//! Moving elements of any tensor by their flat positions: floats through the backend's gather, so
//! that gradients flow; integers, bools and strings on the host.

use std::sync::Arc;

use burn_backend::TensorMetadata;
use glassboard_kernels::remap::Axis;

use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::{Host, Text, Value, strides};

/// A position that no element has: the result holds the blank of its type there (0, false, "").
pub(super) const BLANK: usize = usize::MAX;

fn no_tensor<B: Engine>(x: &Value<B>) -> OpError {
    OpError::bad(format!("expected a tensor, got {}", x.kind()))
}

fn chosen<T: Clone>(data: &[T], index: &[usize], blank: &T) -> Arc<Vec<T>> {
    Arc::new(
        index
            .iter()
            .map(|&i| if i == BLANK { blank } else { &data[i] }.clone())
            .collect(),
    )
}

/// Elements `index` of `x` (row-major positions, or [`BLANK`]) as a tensor of `shape`.
pub(super) fn pick<B: Engine>(x: Value<B>, shape: Vec<usize>, index: &[usize]) -> Result<Value<B>, OpError> {
    Ok(match x {
        Value::Float(x) => Value::Float(pick_floats(x, shape, index)?),
        Value::Host(x) => Value::Host(Host {
            data: chosen(&x.data, index, &0),
            shape,
            elem: x.elem,
        }),
        Value::Text(x) => Value::Text(Text {
            data: chosen(&x.data, index, &String::new()),
            shape,
        }),
        other => return Err(no_tensor(&other)),
    })
}

/// [`pick`] for floats.
pub(super) fn pick_floats<B: Engine>(x: Float<B>, shape: Vec<usize>, index: &[usize]) -> Result<Float<B>, OpError> {
    let (n, elem) = (x.numel(), x.elem);
    let device = x.prim.device();
    if index.is_empty() {
        return Ok(Float::from_vec(Vec::new(), shape, elem, &device));
    }
    let mut flat = x.reshape(vec![n]);
    if index.contains(&BLANK) {
        let zero = Float::full(0.0, vec![1], elem, &device);
        flat = if n == 0 {
            zero
        } else {
            Float::concat(vec![flat, zero], 0)?
        };
    }
    let ids: Vec<i64> = index.iter().map(|&i| i.min(n) as i64).collect();
    Ok(flat.select(0, &ids).reshape(shape))
}

/// `x` read along every axis `a` at `maps[a]`: positions of the input, or [`BLANK`].
pub(super) fn along_axes<B: Engine>(x: Value<B>, maps: &[Vec<usize>]) -> Result<Value<B>, OpError> {
    let shape: Vec<usize> = maps.iter().map(Vec::len).collect();
    match x {
        Value::Float(x) if !shape.contains(&0) && x.numel() > 0 => {
            let part = |map: &Vec<usize>| Axis::List(map.iter().map(|&i| (i != BLANK).then_some(i)).collect());
            Ok(Value::Float(x.moved(maps.iter().map(part).collect(), 0.0)))
        }
        x => {
            let index = positions(x.shape(), maps);
            pick(x, shape, &index)
        }
    }
}

/// Flat positions in a tensor of shape `from` of every index of the product of `maps`: along axis
/// `a` the result has `maps[a].len()` positions, each a position of the input or [`BLANK`].
pub(super) fn positions(from: &[usize], maps: &[Vec<usize>]) -> Vec<usize> {
    let mut out = vec![0usize];
    for (map, step) in maps.iter().zip(strides(from)) {
        let mut next = Vec::with_capacity(out.len() * map.len());
        for &base in &out {
            for &i in map {
                next.push(if base == BLANK || i == BLANK {
                    BLANK
                } else {
                    base + i * step
                });
            }
        }
        out = next;
    }
    out
}
