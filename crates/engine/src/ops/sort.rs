//! Operators whose result is an order or a set of positions.

use std::cmp::Ordering;

use super::pick::pick;
use super::{Call, Entry, Grad, Out, axis, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, only};
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("sort", "TopK", Grad::Yes, top_k).shape(top_k_shape),
        Entry::new("sort", "NonZero", Grad::Stops, non_zero).shape(non_zero_shape),
    ]
}

fn top_k<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let k = match c.opt_host(1)? {
        Some(h) => h.data.first().copied().unwrap_or(0),
        None => c.int("k", 0),
    };
    let largest = c.int("largest", 1) != 0;
    let x = c.value(0)?;
    let at = axis(c.int("axis", -1), x.shape().len())?;
    let shape = x.shape().to_vec();
    let n = shape[at];
    let k = usize::try_from(k)
        .ok()
        .filter(|&k| k <= n)
        .ok_or_else(|| OpError::bad(format!("k is {k} of {n} elements")))?;
    let mut dims = shape.clone();
    dims[at] = k;
    c.reserve(&[x.numel(), 4])?;
    let index = match &x {
        Value::Float(x) => {
            let data = x.clone().into_doubles()?;
            ranked(&shape, at, k, |a, b| {
                let by = data[a].total_cmp(&data[b]);
                if largest { by.reverse() } else { by }
            })
        }
        Value::Host(x) => {
            let flip = if x.elem == Elem::U64 { i64::MIN } else { 0 };
            ranked(&shape, at, k, |a, b| {
                let by = (x.data[a] ^ flip).cmp(&(x.data[b] ^ flip));
                if largest { by.reverse() } else { by }
            })
        }
        other => return Err(other.refuse()),
    };
    let step = crate::value::strides(&shape)[at];
    let rows = index.iter().map(|i| (i / step % n) as i64).collect();
    let values = pick(x, dims.clone(), &index)?;
    Ok(vec![values, Value::Host(Host::new(dims, Elem::I64, rows))])
}

/// Flat positions of the first `k` elements of every line along axis `at`; ties keep their order.
fn ranked(shape: &[usize], at: usize, k: usize, by: impl Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let n = shape[at];
    let inner: usize = shape[at + 1..].iter().product();
    let outer: usize = shape[..at].iter().product();
    let mut index = vec![0; outer * k * inner];
    for o in 0..outer {
        for i in 0..inner {
            let mut order: Vec<usize> = (0..n).map(|r| (o * n + r) * inner + i).collect();
            order.sort_by(|&a, &b| by(a, b).then(a.cmp(&b)));
            for (rank, &place) in order[..k].iter().enumerate() {
                index[(o * k + rank) * inner + i] = place;
            }
        }
    }
    index
}

fn non_zero<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.value(0)?;
    let shape = x.shape().to_vec();
    let hits: Vec<usize> = match x {
        Value::Float(x) => x
            .into_vec()?
            .iter()
            .enumerate()
            .filter(|(_, v)| **v != 0.0)
            .map(|(i, _)| i)
            .collect(),
        Value::Host(x) => x
            .data
            .iter()
            .enumerate()
            .filter(|(_, v)| **v != 0)
            .map(|(i, _)| i)
            .collect(),
        other => return Err(other.refuse()),
    };
    let steps = crate::value::strides(&shape);
    let mut data = Vec::with_capacity(hits.len() * shape.len());
    for (d, s) in shape.iter().zip(&steps) {
        data.extend(hits.iter().map(|i| (i / s % d) as i64));
    }
    one_host(Host::new(vec![shape.len(), hits.len()], Elem::I64, data))
}

fn top_k_shape(s: &Site<'_>) -> Inferred {
    let elems = [s.elem(0), Some(Elem::I64)];
    let mut shape = s.shape(0).map_err(|_| Gap::Unknown(elems.to_vec()))?.to_vec();
    let at = s.axis(-1, shape.len())?;
    shape[at] = if s.has(1) {
        s.whole(1)
            .ok()
            .and_then(|k| k.first().cloned())
            .unwrap_or_else(Dim::unknown_size)
    } else {
        s.int("k", 0).into()
    };
    Ok(elems.map(|elem| Fact::new(elem, shape.clone())).to_vec())
}

fn non_zero_shape(s: &Site<'_>) -> Inferred {
    let rank = s.shape(0).map_or_else(|_| Dim::unknown_size(), |x| x.len().into());
    only(Fact::new(Some(Elem::I64), vec![rank, Dim::unknown_size()]))
}
