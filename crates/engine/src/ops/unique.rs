//! `Unique`: the distinct elements, or slices, of a tensor.

use std::cmp::Ordering;

use super::{Call, Entry, Grad, Out, axis};
use crate::error::OpError;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site};
use crate::value::{Elem, Host, Value, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![Entry::new("unique", "Unique", Grad::Yes, unique).shape(unique_shape)]
}

/// Flat positions of every slice of axis `at`, slice after slice.
fn slices(shape: &[usize], at: usize) -> Vec<Vec<usize>> {
    let all = strides(shape);
    let mut rest = shape.to_vec();
    rest[at] = 1;
    let offsets = crate::value::strided_indices(&rest, &all, 0);
    (0..shape[at])
        .map(|k| offsets.iter().map(|o| o + k * all[at]).collect())
        .collect()
}

/// The axis that the attribute names; without one, the elements in one row.
pub(super) fn along<B: Engine>(c: &Call<'_, B>, x: Value<B>) -> Result<(Value<B>, usize), OpError> {
    if let Some(Attr::Int(a)) = c.node.attrs.get("axis") {
        let at = axis(*a, x.shape().len())?;
        return Ok((x, at));
    }
    let n = x.numel();
    Ok((x.reshaped(vec![n])?, 0))
}

fn unique<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let sorted = c.int("sorted", 1) != 0;
    let x = c.value(0)?;
    let (x, at) = along(c, x)?;
    c.reserve(&[x.numel(), 20])?;
    let slices = slices(x.shape(), at);
    let order = match &x {
        Value::Float(f) => {
            let data = f.clone().into_doubles()?;
            // All NaNs are one, after everything else; so are zeros of both signs.
            order(&slices, |a, b| {
                data[a]
                    .partial_cmp(&data[b])
                    .unwrap_or_else(|| data[a].is_nan().cmp(&data[b].is_nan()))
            })
        }
        Value::Host(h) => {
            let flip = if h.elem == Elem::U64 { i64::MIN } else { 0 };
            order(&slices, |a, b| (h.data[a] ^ flip).cmp(&(h.data[b] ^ flip)))
        }
        Value::Text(t) => order(&slices, |a, b| t.data[a].cmp(&t.data[b])),
        other => return Err(OpError::bad(format!("expected a tensor, got {}", other.kind()))),
    };
    // Equal slices stand together; the first of each run is its first occurrence.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (k, same) in order {
        match groups.last_mut() {
            Some(group) if same => group.push(k),
            _ => groups.push(vec![k]),
        }
    }
    if !sorted {
        groups.sort_by_key(|g| g[0]);
    }
    let mut inverse = vec![0i64; slices.len()];
    for (id, group) in (0i64..).zip(&groups) {
        for &k in group {
            inverse[k] = id;
        }
    }
    let first: Vec<i64> = groups.iter().map(|g| g[0] as i64).collect();
    let counts = groups.iter().map(|g| g.len() as i64).collect();
    let values = super::gather::take_rows(c, x, at, &first)?;
    Ok(vec![
        values,
        Value::Host(Host::vector(first)),
        Value::Host(Host::vector(inverse)),
        Value::Host(Host::vector(counts)),
    ])
}

/// The slices in ascending order, equal ones by position; with each, whether it equals the one before.
fn order(slices: &[Vec<usize>], by: impl Fn(usize, usize) -> Ordering) -> Vec<(usize, bool)> {
    let compare = |a: usize, b: usize| {
        slices[a]
            .iter()
            .zip(&slices[b])
            .map(|(&i, &j)| by(i, j))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    };
    let mut order: Vec<usize> = (0..slices.len()).collect();
    order.sort_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
    order
        .iter()
        .enumerate()
        .map(|(i, &k)| (k, i > 0 && compare(order[i - 1], k).is_eq()))
        .collect()
}

fn unique_shape(s: &Site<'_>) -> Inferred {
    let whole = Some(Elem::I64);
    let list = |n: Dim| Fact::new(whole, vec![n]);
    let Ok(x) = s.shape(0) else {
        return Err(Gap::Unknown(vec![s.elem(0), whole, whole, whole]));
    };
    let (values, all) = if s.node.attrs.contains_key("axis") {
        let at = s.axis(0, x.len())?;
        let mut shape = x.to_vec();
        shape[at] = Dim::unknown_size();
        (shape, x[at].clone())
    } else {
        (vec![Dim::unknown_size()], Dim::product(x))
    };
    Ok(vec![
        Fact::new(s.elem(0), values),
        list(Dim::unknown_size()),
        list(all),
        list(Dim::unknown_size()),
    ])
}
