//! Operators that choose elements by conditions, lengths and sizes: `OneHot`, `Compress`,
//! `ReverseSequence`, `CenterCropPad`.

use super::pick::{BLANK, along_axes, pick};
use super::unique::along;
use super::{Call, Entry, Grad, Out, axis, sizes};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, only, rules};
use crate::value::{Value, checked_numel};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("onehot", op, Grad::Yes, run);
    vec![
        Entry::new("onehot", "OneHot", Grad::Stops, one_hot).shape(one_hot_shape),
        e("Compress", compress).shape(compress_shape),
        e("ReverseSequence", reverse_sequence).shape(rules::same),
        e("CenterCropPad", center_crop_pad).shape(crop_shape),
    ]
}

fn one_hot<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let index: (Vec<usize>, Vec<i64>) = match c.value(0)? {
        Value::Float(f) => {
            let shape = f.shape().to_vec();
            (shape, f.into_doubles()?.into_iter().map(|v| v as i64).collect())
        }
        other => {
            let h = other.host()?;
            (h.shape, h.data.to_vec())
        }
    };
    let depth = c.scalar(1)?.ok_or_else(|| OpError::bad("the depth is missing"))?;
    let values = c.value(2)?;
    if values.numel() != 2 {
        return Err(OpError::bad("expected the two values [off, on]"));
    }
    if !(0.0..9e15).contains(&depth) {
        return Err(OpError::bad(format!("a depth of {depth}")));
    }
    let (depth, (mut shape, index)) = (depth as usize, index);
    let at = axis(c.int("axis", -1), shape.len() + 1)?;
    let inner: usize = shape[at..].iter().product();
    shape.insert(at, depth);
    c.reserve(&shape)?;
    let total = checked_numel(&shape)? as usize;
    c.reserve(&[total, 4])?;
    let mut chosen = vec![0usize; total];
    for (k, &i) in index.iter().enumerate() {
        let i = if i < 0 { i.saturating_add(depth as i64) } else { i };
        if (0..depth as i64).contains(&i) {
            chosen[(k / inner * depth + i as usize) * inner + k % inner] = 1;
        }
    }
    Ok(vec![pick(values, shape, &chosen)?])
}

fn compress<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, condition) = (c.value(0)?, c.host(1)?);
    let (x, at) = along(c, x)?;
    if condition.data.len() > x.shape()[at] {
        return Err(OpError::bad(format!(
            "{} conditions for {} elements",
            condition.data.len(),
            x.shape()[at]
        )));
    }
    let rows: Vec<i64> = (0i64..)
        .zip(condition.data.iter())
        .filter(|(_, v)| **v != 0)
        .map(|(i, _)| i)
        .collect();
    Ok(vec![super::gather::take_rows(c, x, at, &rows)?])
}

fn reverse_sequence<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (batch_axis, time_axis) = (c.int("batch_axis", 1), c.int("time_axis", 0));
    let (x, lengths) = (c.value(0)?, sizes(&c.host(1)?.data, "sequence_lens")?);
    let shape = x.shape().to_vec();
    let (batch_axis, time_axis) = (axis(batch_axis, shape.len())?, axis(time_axis, shape.len())?);
    let steps = crate::value::strides(&shape);
    let fits =
        batch_axis != time_axis && lengths.len() == shape[batch_axis] && lengths.iter().all(|&n| n <= shape[time_axis]);
    if !fits {
        return Err(OpError::bad(format!(
            "{} lengths along axes {batch_axis} and {time_axis} do not fit shape {shape:?}",
            lengths.len()
        )));
    }
    c.reserve(&[x.numel(), 4])?;
    let index: Vec<usize> = (0..x.numel())
        .map(|i| {
            let length = lengths[i / steps[batch_axis] % shape[batch_axis]];
            let time = i / steps[time_axis] % shape[time_axis];
            if time < length {
                i - time * steps[time_axis] + (length - 1 - time) * steps[time_axis]
            } else {
                i
            }
        })
        .collect();
    Ok(vec![pick(x, shape, &index)?])
}

fn center_crop_pad<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, wanted) = (c.value(0)?, sizes(&c.host(1)?.data, "shape")?);
    let mut shape = x.shape().to_vec();
    let rank = shape.len();
    let named: Vec<usize> = match c.ints("axes") {
        Some(a) => a.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    if named.len() != wanted.len() {
        return Err(OpError::bad(format!("{} sizes for {} axes", wanted.len(), named.len())));
    }
    for (&a, &size) in named.iter().zip(&wanted) {
        shape[a] = size;
    }
    c.reserve(&shape)?;
    c.reserve(&[checked_numel(&shape)? as usize, 4])?;
    let maps: Vec<Vec<usize>> = x
        .shape()
        .iter()
        .zip(&shape)
        .map(|(&from, &to)| {
            // Cropping starts, and padding ends, half of the difference in.
            let (skip, lead) = (from.saturating_sub(to) / 2, to.saturating_sub(from) / 2);
            (0..to)
                .map(|i| match i.checked_sub(lead) {
                    Some(k) if k + skip < from => k + skip,
                    _ => BLANK,
                })
                .collect()
        })
        .collect();
    Ok(vec![along_axes(x, &maps)?])
}

fn one_hot_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(2);
    let mut shape = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?.to_vec();
    let at = s.axis(-1, shape.len() + 1)?;
    let depth = s.whole(1).ok().and_then(|d| d.first().cloned());
    shape.insert(at, depth.unwrap_or_else(Dim::unknown_size));
    only(Fact::new(elem, shape))
}

fn compress_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let mut shape = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?.to_vec();
    if s.node.attrs.contains_key("axis") {
        let at = s.axis(0, shape.len())?;
        shape[at] = Dim::unknown_size();
    } else {
        shape = vec![Dim::unknown_size()];
    }
    only(Fact::new(elem, shape))
}

fn crop_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let mut shape = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?.to_vec();
    let Ok(wanted) = s.whole(1) else {
        return only(Fact::ranked(elem, shape.len()));
    };
    let named: Vec<i64> = match s.ints("axes") {
        Some(a) => a.to_vec(),
        None => (0..shape.len() as i64).collect(),
    };
    for (&a, size) in named.iter().zip(wanted) {
        let at = crate::shapes::axis(a, shape.len())?;
        shape[at] = size.clone();
    }
    only(Fact::new(elem, shape))
}
