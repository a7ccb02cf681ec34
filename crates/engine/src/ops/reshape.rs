//! Operators that move elements about without computing.

use super::{Call, Entry, Grad, Out, axes, axis, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Host, Value, checked_numel, strided_indices, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("reshape", op, Grad::Yes, run);
    vec![
        e("Reshape", reshape).shape(rules::reshape),
        e("Flatten", |c| {
            let x = c.value(0)?;
            let rank = x.shape().len();
            let raw = c.int("axis", 1);
            let at = if raw == rank as i64 { rank } else { axis(raw, rank)? };
            let shape = vec![x.shape()[..at].iter().product(), x.shape()[at..].iter().product()];
            Ok(vec![x.reshaped(shape)?])
        })
        .shape(rules::flatten),
        e("Squeeze", squeeze).shape(rules::squeeze),
        e("Unsqueeze", unsqueeze).shape(rules::unsqueeze),
        e("Transpose", transpose).shape(rules::transpose),
        e("Concat", concat).shape(rules::concat),
        e("Split", split).shape(rules::split),
        e("Slice", slice).shape(rules::slice),
        e("Expand", expand).shape(rules::expand),
        e("Tile", tile).shape(rules::tile),
        e("DepthToSpace", depth_to_space).shape(rules::depth_to_space),
        e("SpaceToDepth", space_to_depth).shape(rules::space_to_depth),
    ]
}

pub(super) fn permuted<B: Engine>(x: Value<B>, order: &[usize]) -> Result<Value<B>, OpError> {
    if let Value::Float(x) = x {
        return Ok(Value::Float(x.permute(order)));
    }
    let all = strides(x.shape());
    let shape: Vec<usize> = order.iter().map(|&a| x.shape()[a]).collect();
    let steps: Vec<usize> = order.iter().map(|&a| all[a]).collect();
    let index = strided_indices(&shape, &steps, 0);
    x.pick(shape, index)
}

fn reshape<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let target = c
        .ints_or_input("shape", 1)?
        .ok_or_else(|| OpError::bad("the shape is missing"))?;
    let keep_zero = c.int("allowzero", 0) == 0;
    let x = c.value(0)?;
    let mut shape = Vec::with_capacity(target.len());
    let mut free = None;
    for (i, &d) in target.iter().enumerate() {
        shape.push(match d {
            -1 if free.is_none() => {
                free = Some(i);
                1
            }
            0 if keep_zero => *x
                .shape()
                .get(i)
                .ok_or_else(|| OpError::bad(format!("shape {target:?} copies a dimension that the input lacks")))?,
            d => usize::try_from(d).map_err(|_| OpError::bad(format!("shape {target:?} is not a shape")))?,
        });
    }
    let known = checked_numel(&shape)? as usize;
    if let Some(i) = free
        && known > 0
        && x.numel().is_multiple_of(known)
    {
        shape[i] = x.numel() / known;
    }
    if checked_numel(&shape)? as usize != x.numel() {
        return Err(OpError::bad(format!("shape {:?} cannot become {target:?}", x.shape())));
    }
    Ok(vec![x.reshaped(shape)?])
}

fn squeeze<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let given = c.ints_or_input("axes", 1)?;
    let x = c.value(0)?;
    let rank = x.shape().len();
    let drop = match given {
        Some(a) => axes(&a, rank)?,
        None => (0..rank).filter(|&i| x.shape()[i] == 1).collect(),
    };
    if drop.iter().any(|&a| x.shape()[a] != 1) {
        return Err(OpError::bad(format!(
            "an axis of {drop:?} in shape {:?} is not 1",
            x.shape()
        )));
    }
    let shape = x
        .shape()
        .iter()
        .enumerate()
        .filter(|(i, _)| !drop.contains(i))
        .map(|(_, &d)| d)
        .collect();
    Ok(vec![x.reshaped(shape)?])
}

fn unsqueeze<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let given = c
        .ints_or_input("axes", 1)?
        .ok_or_else(|| OpError::bad("the axes are missing"))?;
    let x = c.value(0)?;
    let rank = x.shape().len() + given.len();
    let new = axes(&given, rank)?;
    let mut old = x.shape().iter();
    let shape = (0..rank)
        .map(|i| {
            if new.contains(&i) {
                1
            } else {
                old.next().copied().unwrap_or(1)
            }
        })
        .collect();
    Ok(vec![x.reshaped(shape)?])
}

fn transpose<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.value(0)?;
    let rank = x.shape().len();
    let order = match c.sizes("perm")? {
        Some(p) => p,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..rank).collect::<Vec<_>>() {
        return Err(OpError::bad(format!("perm {order:?} is no permutation of {rank} axes")));
    }
    Ok(vec![permuted(x, &order)?])
}

fn concat<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let count = c.node.explicit;
    let parts = (0..count).map(|i| c.value(i)).collect::<Result<Vec<_>, _>>()?;
    let first = parts.first().ok_or_else(|| OpError::bad("it has no inputs"))?;
    let at = axis(c.int("axis", 1), first.shape().len())?;
    Ok(vec![super::pieces::join(c, parts, at)?])
}

/// A block with start, end per axis and step one.
pub(super) fn narrowed<B: Engine>(x: Value<B>, ranges: &[(usize, usize)]) -> Result<Value<B>, OpError> {
    let shape: Vec<usize> = ranges.iter().map(|(a, b)| b - a).collect();
    if let Value::Float(x) = x {
        if shape.contains(&0) {
            // Backends dislike empty slices; an empty reshape of nothing is harmless.
            let device = burn_backend::TensorMetadata::device(&x.prim);
            return Ok(Value::Float(Float::from_vec(Vec::new(), shape, x.elem, &device)));
        }
        return Ok(Value::Float(x.narrow(ranges)));
    }
    let all = strides(x.shape());
    let base = ranges.iter().zip(&all).map(|(r, s)| r.0 * s).sum();
    let index = strided_indices(&shape, &all, base);
    x.pick(shape, index)
}

fn split<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let given = c.ints_or_input("split", 1)?;
    let x = c.value(0)?;
    let at = axis(c.int("axis", 0), x.shape().len())?;
    let total = x.shape()[at];
    let parts = if let Some(s) = given {
        sizes(&s, "split")?
    } else {
        let n = usize::try_from(c.int("num_outputs", c.node.outputs.len() as i64)).unwrap_or(0);
        if n == 0 || n > c.node.outputs.len().max(total) {
            return Err(OpError::bad(format!("{total} elements do not split into {n}")));
        }
        let each = total.div_ceil(n);
        (0..n).map(|i| each.min(total.saturating_sub(i * each))).collect()
    };
    if parts.iter().sum::<usize>() != total || parts.len() < c.node.outputs.len() {
        return Err(OpError::bad(format!("split {parts:?} does not add up to {total}")));
    }
    let mut start = 0;
    parts
        .iter()
        .map(|&len| {
            let mut ranges: Vec<(usize, usize)> = x.shape().iter().map(|&d| (0, d)).collect();
            ranges[at] = (start, start + len);
            start += len;
            narrowed(x.clone(), &ranges)
        })
        .collect()
}

fn slice<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let starts = c
        .ints_or_input("starts", 1)?
        .ok_or_else(|| OpError::bad("the starts are missing"))?;
    let ends = c
        .ints_or_input("ends", 2)?
        .ok_or_else(|| OpError::bad("the ends are missing"))?;
    let along = c
        .ints_or_input("axes", 3)?
        .unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = c
        .opt_host(4)?
        .map_or_else(|| vec![1; starts.len()], |h| h.data.to_vec());
    if [ends.len(), along.len(), steps.len()]
        .iter()
        .any(|&n| n != starts.len())
    {
        return Err(OpError::bad("starts, ends, axes and steps differ in length"));
    }
    let mut x = c.value(0)?;
    let rank = x.shape().len();
    axes(&along, rank)?;
    for (k, &a) in along.iter().enumerate() {
        let at = axis(a, rank)?;
        let d = x.shape()[at] as i64;
        let step = steps[k];
        if step == 0 {
            return Err(OpError::bad("a step is zero"));
        }
        let wrap = |v: i64| if v < 0 { v.saturating_add(d) } else { v };
        let (start, end) = if step > 0 {
            (wrap(starts[k]).clamp(0, d), wrap(ends[k]).clamp(0, d))
        } else {
            (wrap(starts[k]).clamp(-1, d - 1), wrap(ends[k]).clamp(-1, d - 1))
        };
        if step == 1 {
            let mut ranges: Vec<(usize, usize)> = x.shape().iter().map(|&d| (0, d)).collect();
            ranges[at] = (start as usize, end.max(start) as usize);
            x = narrowed(x, &ranges)?;
            continue;
        }
        let mut index = Vec::new();
        let mut i = start;
        while (step > 0 && i < end) || (step < 0 && i > end) {
            index.push(i);
            i = i.saturating_add(step);
        }
        x = super::gather::take_rows(c, x, at, &index)?;
    }
    Ok(vec![x])
}

fn expand<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let target = sizes(&c.host(1)?.data, "shape")?;
    let x = c.value(0)?;
    let shape = crate::value::broadcast(x.shape(), &target)?;
    c.reserve(&shape)?;
    Ok(vec![match x {
        Value::Float(x) => Value::Float(x.expand(&shape)),
        x => {
            let index = crate::value::broadcast_indices(x.shape(), &shape);
            x.pick(shape, index)?
        }
    }])
}

/// The only element of a tensor.
fn number<B: Engine>(x: Value<B>) -> Result<f64, OpError> {
    let first = match x {
        Value::Float(f) => f.into_doubles()?.first().copied(),
        other => other.host()?.data.first().map(|&v| v as f64),
    };
    first.ok_or_else(|| OpError::bad("expected a number, got an empty tensor"))
}

fn tile<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let mut repeats = c.value(1)?;
    let mut x = c.value(0)?;
    if c.opset() < 6 {
        // The first form repeats along one axis, and takes its numbers as any type.
        let times = number(repeats)?;
        let at = axis(number(c.value(2)?)? as i64, x.shape().len())?;
        let mut all = vec![1i64; x.shape().len()];
        all[at] = times as i64;
        repeats = Value::Host(Host::vector(all));
    }
    let repeats = sizes(&repeats.host()?.data, "repeats")?;
    if repeats.len() != x.shape().len() {
        return Err(OpError::bad("repeats does not name every axis"));
    }
    let shape = x
        .shape()
        .iter()
        .zip(&repeats)
        .map(|(d, r)| d.checked_mul(*r))
        .collect::<Option<Vec<_>>>();
    c.reserve(&shape.ok_or_else(|| OpError::bad("repeats is too large"))?)?;
    for (at, &r) in repeats.iter().enumerate() {
        if r != 1 {
            let d = x.shape()[at];
            let index: Vec<i64> = (0..r * d).map(|i| (i % d.max(1)) as i64).collect();
            x = super::gather::take_rows(c, x, at, &index)?;
        }
    }
    Ok(vec![x])
}

fn blocks<B: Engine>(c: &mut Call<'_, B>) -> Result<(Value<B>, [usize; 4], usize), OpError> {
    let b = usize::try_from(c.int("blocksize", 0)).unwrap_or(0);
    let x = c.value(0)?;
    let [n, ch, h, w] = *x.shape() else {
        return Err(OpError::bad("expected four dimensions"));
    };
    if b == 0 {
        return Err(OpError::bad("blocksize is missing"));
    }
    Ok((x, [n, ch, h, w], b))
}

fn depth_to_space<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let crd = c.str("mode", "DCR") == "CRD";
    let (x, [n, ch, h, w], b) = blocks(c)?;
    if !ch.is_multiple_of(b * b) {
        return Err(OpError::bad("the channels do not split into blocks"));
    }
    let k = ch / (b * b);
    let (shape, order) = if crd {
        (vec![n, k, b, b, h, w], [0, 1, 4, 2, 5, 3])
    } else {
        (vec![n, b, b, k, h, w], [0, 3, 4, 1, 5, 2])
    };
    let moved = permuted(x.reshaped(shape)?, &order)?;
    Ok(vec![moved.reshaped(vec![n, k, h * b, w * b])?])
}

fn space_to_depth<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, [n, ch, h, w], b) = blocks(c)?;
    if !h.is_multiple_of(b) || !w.is_multiple_of(b) {
        return Err(OpError::bad("height and width do not split into blocks"));
    }
    let split = x.reshaped(vec![n, ch, h / b, b, w / b, b])?;
    let order = match c.str("mode", "DCR").as_str() {
        "DCR" => [0, 3, 5, 1, 2, 4],
        "CRD" => [0, 1, 3, 5, 2, 4],
        other => return Err(OpError::bad(format!("mode `{other}` is unknown"))),
    };
    let moved = permuted(split, &order)?;
    Ok(vec![moved.reshaped(vec![n, ch * b * b, h / b, w / b])?])
}
