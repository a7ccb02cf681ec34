//! Picking elements by index.

use burn_backend::TensorData;

use super::{Call, Entry, Grad, Out, axis, one};
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
        e("GatherND", gather_nd).shape(rules::gather_nd),
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
pub(super) fn in_range(index: &[i64], n: usize) -> Result<Vec<i64>, OpError> {
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
        Value::Float(x) if rows.is_empty() => one(Float::from_vec(Vec::new(), index.shape, x.elem, c.device)),
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
        x => {
            let all = crate::value::strides(x.shape());
            let mut steps = all.clone();
            steps[at] = 0;
            let base = crate::value::strided_indices(&index.shape, &steps, 0);
            let flat = base.into_iter().zip(rows).map(|(b, i)| b + i as usize * all[at]);
            Ok(vec![x.pick(index.shape, flat.collect())?])
        }
    }
}

fn gather_nd<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let batch = usize::try_from(c.int("batch_dims", 0)).map_err(|_| OpError::bad("batch_dims is negative"))?;
    let (x, index) = (c.value(0)?, c.host(1)?);
    let misfit = || OpError::bad("the indices do not fit the input");
    let (&depth, outer) = index
        .shape
        .split_last()
        .ok_or_else(|| OpError::bad("the indices are a scalar"))?;
    let dims = x.shape().to_vec();
    let fits = batch <= outer.len() && batch.saturating_add(depth) <= dims.len() && outer[..batch] == dims[..batch];
    if !fits {
        return Err(misfit());
    }
    let span: usize = dims[batch..batch + depth].iter().product();
    let tuples: usize = outer.iter().product();
    let batches: usize = outer[..batch].iter().product();
    let mut rows = Vec::with_capacity(tuples);
    for k in 0..tuples {
        let mut flat = 0;
        for (&i, &d) in index.data[k * depth..(k + 1) * depth].iter().zip(&dims[batch..]) {
            flat = flat * d as i64 + in_range(&[i], d)?[0];
        }
        rows.push((k / (tuples / batches).max(1) * span) as i64 + flat);
    }
    let mut shape = outer.to_vec();
    shape.extend(&dims[batch + depth..]);
    c.reserve(&shape)?;
    let mut flat = vec![dims[..batch + depth].iter().product()];
    flat.extend(&dims[batch + depth..]);
    let x = x.reshaped(flat)?;
    Ok(vec![take_rows(c, x, 0, &rows)?.reshaped(shape)?])
}
