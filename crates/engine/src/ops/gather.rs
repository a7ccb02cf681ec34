//! Picking elements by index.

use burn_backend::TensorData;

use super::{Call, Entry, Grad, Out, axis, one, one_host};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("gather", op, Grad::Yes, run);
    vec![
        e("Gather", gather).shape(rules::gather),
        e("GatherElements", gather_elements).shape(rules::gather_elements),
        e("GatherND", gather_nd).shape(rules::gather_nd).limits("batch_dims 0"),
    ]
}

/// Rows `index` (all in range) of axis `at`.
pub(super) fn take_rows<B: Engine>(
    c: &Call<'_, B>,
    x: Value<B>,
    at: usize,
    index: &[i64],
) -> Result<Value<B>, OpError> {
    Ok(match x {
        Value::Float(x) if index.is_empty() => {
            let mut shape = x.shape().to_vec();
            shape[at] = 0;
            Value::Float(Float::from_vec(Vec::new(), shape, x.elem, c.device))
        }
        Value::Float(x) => Value::Float(x.select(at, index)),
        Value::Host(x) => {
            let inner: usize = x.shape[at + 1..].iter().product();
            let outer: usize = x.shape[..at].iter().product();
            let n = x.shape[at];
            let mut shape = x.shape.clone();
            shape[at] = index.len();
            let mut data = Vec::with_capacity(outer * index.len() * inner);
            for o in 0..outer {
                for &i in index {
                    let start = (o * n + i as usize) * inner;
                    data.extend_from_slice(&x.data[start..start + inner]);
                }
            }
            Value::Host(Host::new(shape, x.elem, data))
        }
        Value::Text(x) => {
            let steps = crate::value::strides(&x.shape);
            let mut shape = x.shape.clone();
            shape[at] = index.len();
            let mut rest = steps.clone();
            rest[at] = 0;
            let flat = crate::value::strided_indices(&shape, &rest, 0);
            let inner: usize = shape[at + 1..].iter().product();
            let picked = flat.into_iter().enumerate().map(|(k, base)| {
                let row = index[k / inner.max(1) % index.len().max(1)] as usize;
                base + row * steps[at]
            });
            Value::Text(x.pick(shape, picked))
        }
        other => return Err(other.refuse()),
    })
}

/// Indices counted from the front, each within `n`.
fn in_range(index: &[i64], n: usize) -> Result<Vec<i64>, OpError> {
    let d = n as i64;
    index
        .iter()
        .map(|&i| {
            if (-d..d).contains(&i) {
                Ok(i.rem_euclid(d))
            } else {
                Err(OpError::bad(format!("index {i} is out of range for {n} elements")))
            }
        })
        .collect()
}

fn gather<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, index) = (c.value(0)?, c.host(1)?);
    let at = axis(c.int("axis", 0), x.shape().len())?;
    let rows = in_range(&index.data, x.shape()[at])?;
    let mut shape = x.shape()[..at].to_vec();
    shape.extend(&index.shape);
    shape.extend(&x.shape()[at + 1..]);
    c.reserve(&shape)?;
    Ok(vec![take_rows(c, x, at, &rows)?.reshaped(shape)?])
}

fn gather_elements<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, index) = (c.value(0)?, c.host(1)?);
    let rank = x.shape().len();
    let at = axis(c.int("axis", 0), rank)?;
    if index.shape.len() != rank
        || index
            .shape
            .iter()
            .zip(x.shape())
            .enumerate()
            .any(|(i, (a, b))| i != at && a > b)
    {
        return Err(OpError::bad("the indices do not fit the input"));
    }
    let rows = in_range(&index.data, x.shape()[at])?;
    c.reserve(&index.shape)?;
    match x {
        Value::Float(x) => {
            let mut range: Vec<(usize, usize)> = index.shape.iter().map(|&d| (0, d)).collect();
            range[at] = (0, x.shape()[at]);
            let elem = x.elem;
            let ids = B::int_from_data(TensorData::new(rows, index.shape.clone()), c.device);
            one(Float::wrap(
                B::float_gather(at, x.narrow(&range).prim, ids),
                index.shape,
                elem,
            ))
        }
        Value::Host(x) => {
            let all = crate::value::strides(&x.shape);
            let mut steps = all.clone();
            steps[at] = 0;
            let base = crate::value::strided_indices(&index.shape, &steps, 0);
            one_host(x.pick(
                index.shape,
                base.into_iter().zip(rows).map(|(b, i)| b + i as usize * all[at]),
            ))
        }
        other => Err(other.refuse()),
    }
}

fn gather_nd<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    if c.int("batch_dims", 0) != 0 {
        return Err(OpError::unsupported("batch_dims"));
    }
    let (x, index) = (c.value(0)?, c.host(1)?);
    let depth = *index
        .shape
        .last()
        .ok_or_else(|| OpError::bad("the indices are a scalar"))?;
    if depth == 0 || depth > x.shape().len() {
        return Err(OpError::bad("the indices do not fit the input"));
    }
    let mut rows = Vec::with_capacity(index.data.len() / depth);
    for tuple in index.data.chunks(depth) {
        let mut flat = 0;
        for (k, &i) in tuple.iter().enumerate() {
            flat = flat * x.shape()[k] as i64 + in_range(&[i], x.shape()[k])?[0];
        }
        rows.push(flat);
    }
    let mut shape = index.shape[..index.shape.len() - 1].to_vec();
    shape.extend(&x.shape()[depth..]);
    c.reserve(&shape)?;
    let mut flat = vec![x.shape()[..depth].iter().product()];
    flat.extend(&x.shape()[depth..]);
    let x = x.reshaped(flat)?;
    Ok(vec![take_rows(c, x, 0, &rows)?.reshaped(shape)?])
}
