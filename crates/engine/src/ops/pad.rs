//! `Pad`: in all modes, by a map of positions per axis.

use super::pick::{BLANK, along_axes, pick, positions};
use super::pieces::join;
use super::{Call, Entry, Grad, Out, axis, one, sizes};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Elem, Value, checked_numel};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![Entry::new("pad", "Pad", Grad::Yes, pad).shape(rules::pad)]
}

/// More padding than this is no size that fits any memory.
const MOST: u64 = 1 << 48;

/// Before and after, per axis.
fn amounts<B: Engine>(c: &mut Call<'_, B>, rank: usize) -> Result<Vec<(i64, i64)>, OpError> {
    let raw = match c.ints_or_input("pads", 1)? {
        Some(p) => p,
        None => c.ints("paddings").ok_or_else(|| OpError::bad("the pads are missing"))?,
    };
    let named: Vec<usize> = match c.opt_host(3)? {
        Some(h) => h.data.iter().map(|&a| axis(a, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    if raw.len() != 2 * named.len() {
        return Err(OpError::bad(format!(
            "pads holds {} numbers for {} axes",
            raw.len(),
            named.len()
        )));
    }
    if let Some(far) = raw.iter().find(|p| p.unsigned_abs() > MOST) {
        return Err(OpError::bad(format!("{far} elements of padding")));
    }
    let mut pads = vec![(0, 0); rank];
    for (k, &a) in named.iter().enumerate() {
        pads[a] = (raw[k], raw[k + named.len()]);
    }
    Ok(pads)
}

fn pad<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let mode = c.str("mode", "constant");
    let rank = c.shape(0)?.len();
    let pads = amounts(c, rank)?;
    let x = c.value(0)?;
    let new: Vec<i64> = x
        .shape()
        .iter()
        .zip(&pads)
        .map(|(&d, (a, b))| (d as i64).saturating_add(*a).saturating_add(*b))
        .collect();
    let shape = sizes(&new, "the padded shape")?;
    c.reserve(&shape)?;
    if mode == "constant" {
        return constant(c, x, &pads, shape);
    }
    c.reserve(&[checked_numel(&shape)? as usize, 4])?;
    let maps = x
        .shape()
        .iter()
        .zip(&pads)
        .map(|(&d, &(before, after))| {
            let (d, end) = (d as i64, d as i64 + after);
            if d == 0 && end + before > 0 {
                return Err(OpError::bad(format!(
                    "an axis without elements has nothing to pad with in mode `{mode}`"
                )));
            }
            (-before..end)
                .map(|i| {
                    Ok(match mode.as_str() {
                        "edge" => i.clamp(0, d - 1),
                        "wrap" => i.rem_euclid(d),
                        "reflect" => {
                            let period = (2 * (d - 1)).max(1);
                            let k = i.rem_euclid(period);
                            if k < d { k } else { period - k }
                        }
                        other => return Err(OpError::bad(format!("mode `{other}` is unknown"))),
                    } as usize)
                })
                .collect()
        })
        .collect::<Result<Vec<Vec<usize>>, _>>()?;
    Ok(vec![along_axes(x, &maps)?])
}

/// Filled with one number; negative amounts cut off.
fn constant<B: Engine>(c: &mut Call<'_, B>, x: Value<B>, pads: &[(i64, i64)], shape: Vec<usize>) -> Out<B> {
    let fill = match c.take(2) {
        Some(v) if v.numel() == 1 => Some(v),
        Some(v) if v.numel() == 0 => None,
        Some(v) => return Err(OpError::bad(format!("a fill of {} numbers", v.numel()))),
        None => None,
    };
    let keep: Vec<(usize, usize)> = x
        .shape()
        .iter()
        .zip(pads)
        .map(|(&d, (a, b))| {
            let start = ((-a).max(0) as usize).min(d);
            (start, ((d as i64 + b.min(&0)).max(0) as usize).max(start))
        })
        .collect();
    let grow: Vec<(usize, usize)> = pads
        .iter()
        .map(|(a, b)| ((*a).max(0) as usize, (*b).max(0) as usize))
        .collect();
    // What is cut off at one side may be more than there is.
    let whole = keep
        .iter()
        .zip(&grow)
        .zip(&shape)
        .all(|((k, g), &d)| k.1 - k.0 + g.0 + g.1 == d);
    match (x, fill) {
        (Value::Float(x), fill) if whole && !shape.contains(&0) && keep.iter().all(|(a, b)| a < b) => {
            let value = match fill {
                Some(v) => v.float()?.into_doubles()?[0],
                None => f64::from(c.f("value", 0.0)),
            };
            one(x.narrow(&keep).pad(&grow, value as f32))
        }
        (x, fill) => {
            c.reserve(&[checked_numel(&shape)? as usize, 4])?;
            let maps: Vec<Vec<usize>> = x
                .shape()
                .iter()
                .zip(pads)
                .zip(&shape)
                .map(|((&d, &(before, _)), &to)| {
                    (0..to as i64)
                        .map(|i| i - before)
                        .map(|i| if (0..d as i64).contains(&i) { i as usize } else { BLANK })
                        .collect()
                })
                .collect();
            let n = x.numel();
            let blank = match fill {
                Some(v) => v.reshaped(vec![1])?,
                None if x.elem() == Some(Elem::Str) => {
                    return Ok(vec![along_axes(x, &maps)?]);
                }
                None => c.numbers(
                    vec![f64::from(c.f("value", 0.0))],
                    vec![1],
                    x.elem().unwrap_or(Elem::F32),
                )?,
            };
            let index: Vec<usize> = positions(x.shape(), &maps).into_iter().map(|i| i.min(n)).collect();
            let flat = join(c, vec![x.reshaped(vec![n])?, blank], 0)?;
            Ok(vec![pick(flat, shape, &index)?])
        }
    }
}
