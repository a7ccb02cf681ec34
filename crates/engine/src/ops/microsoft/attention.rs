//! `Attention` and `MultiHeadAttention` of onnxruntime.

use super::super::attention::core::{Heads, Scoring, Stage, attend_plainly, head_count, merge_heads, split_heads};
use super::super::attention::standard::extend;
use super::super::{Call, Out, linear, sizes};
use super::mask::{Extent, additive, causal, sum};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site};
use crate::value::Value;

/// `scale`, or one over the root of the head size.
pub(super) fn scale<B: Engine>(c: &Call<'_, B>, size: usize) -> f64 {
    match f64::from(c.f("scale", 0.0)) {
        0.0 => 1.0 / (size as f64).sqrt(),
        given => given,
    }
}

fn filter<B: Engine>(c: &Call<'_, B>) -> f32 {
    c.f("mask_filter_value", -10_000.0)
}

/// Columns `from..to` of `[batch, sequence, width]`.
fn columns<B: Engine>(x: &Float<B>, from: usize, to: usize) -> Float<B> {
    let (b, s) = (x.shape()[0], x.shape()[1]);
    x.clone().narrow(&[(0, b), (0, s), (from, to)])
}

/// The answer, and the keys and values of all tokens.
pub(super) fn attention_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let gap = || Gap::Unknown(vec![elem; 2]);
    let x = s.shape_of_rank(0, 3).map_err(|_| gap())?;
    let heads = Dim::from(s.int("num_heads", 1).max(1));
    let width = match s.ints("qkv_hidden_sizes") {
        Some([_, _, v]) => Dim::from(*v),
        _ => s.shape_of_rank(1, 2).map_err(|_| gap())?[1].floor_div(&Dim::from(3)),
    };
    let total = if s.has(4) {
        match s.shape_of_rank(4, 5) {
            Ok(past) => &past[3] + &x[1],
            Err(_) => Dim::unknown_size(),
        }
    } else {
        x[1].clone()
    };
    let present = vec![2.into(), x[0].clone(), heads.clone(), total, width.floor_div(&heads)];
    let y = vec![x[0].clone(), x[1].clone(), width];
    Ok(vec![Fact::new(elem, y), Fact::new(elem, present)])
}

/// The answer; of the rest only the number of dimensions.
#[expect(clippy::unnecessary_wraps, reason = "a shape rule answers `Inferred`")]
pub(super) fn multi_head_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let rest = [(); 3].map(|()| Fact::ranked(elem, 4));
    let y = match (s.shape(0), s.shape(2)) {
        (Ok([b, t, _]), Ok([_, _, width])) => Fact::new(elem, vec![b.clone(), t.clone(), width.clone()]),
        (Ok([b, t, _]), Ok([_, heads, _, size])) | (Ok([b, t, heads, _, size]), _) => {
            Fact::new(elem, vec![b.clone(), t.clone(), heads * size])
        }
        _ => Fact::ranked(elem, 3),
    };
    Ok(std::iter::once(y).chain(rest).collect())
}

/// Projects, then attends: inputs are input, weights, bias, mask, past, bias of the scores.
pub(super) fn attention<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, w) = (c.float(0)?, c.float(1)?);
    let bias = c.opt_float(2)?;
    let mut projected = linear::product(c, x, w)?;
    if let Some(bias) = bias {
        projected = projected.add(bias)?;
    }
    attend_projected(c, &projected, [3, 4, 5])
}

/// Attends with queries, keys and values side by side in `[batch, sequence, q + k + v]`. `inputs` are
/// the positions of mask, past, and bias of the scores.
pub(in super::super) fn attend_projected<B: Engine>(
    c: &mut Call<'_, B>,
    projected: &Float<B>,
    [mask, past, score_bias]: [usize; 3],
) -> Out<B> {
    let heads = head_count(c, "num_heads")?;
    if c.int("do_rotary", 0) != 0 || c.int("past_present_share_buffer", 0) != 0 {
        return Err(OpError::unsupported(
            "rotary embedding and shared buffers inside of attention",
        ));
    }
    let &[batch, queries, width] = projected.shape() else {
        return Err(OpError::bad(format!(
            "input of shape {:?} should have three dimensions",
            projected.shape()
        )));
    };
    let parts = match c.ints("qkv_hidden_sizes") {
        Some(v) => sizes(&v, "qkv_hidden_sizes")?,
        None => vec![width / 3; 3],
    };
    let [q, k, v] = *parts.as_slice() else {
        return Err(OpError::bad("qkv_hidden_sizes should hold three numbers"));
    };
    if q.checked_add(k).and_then(|s| s.checked_add(v)) != Some(width) {
        return Err(OpError::bad(format!("{parts:?} columns do not add up to {width}")));
    }
    let part = |from: usize, to: usize| split_heads(columns(projected, from, to), heads);
    let (q, mut k, mut v) = (part(0, q)?, part(q, q + k)?, part(q + k, width)?);
    let mask = c.opt_host(mask)?;
    let past = c.opt_float(past)?;
    let score_bias = c.opt_float(score_bias)?;
    if let Some(past) = past {
        let mut ranges: Vec<(usize, usize)> = past.shape().iter().map(|&d| (0, d)).collect();
        if ranges.len() != 5 || past.shape()[0] != 2 {
            return Err(OpError::bad(format!("past has shape {:?}", past.shape())));
        }
        let rest = past.shape()[1..].to_vec();
        let half = |k: usize, ranges: &mut Vec<(usize, usize)>| {
            ranges[0] = (k, k + 1);
            past.clone().narrow(ranges).reshape(rest.clone())
        };
        if !rest.contains(&0) {
            k = extend(c, half(0, &mut ranges), k)?;
            v = extend(c, half(1, &mut ranges), v)?;
        }
    }
    let extent = Extent {
        batch,
        queries,
        keys: k.shape()[2],
    };
    let filter = filter(c);
    let mut scoring = Scoring::new(scale(c, q.shape()[3]));
    scoring.bias = sum(
        vec![
            mask.map(|m| additive(c, &m, extent, filter)).transpose()?.flatten(),
            (c.int("unidirectional", 0) != 0)
                .then(|| causal(c, extent, filter))
                .transpose()?,
            score_bias,
        ],
        q.elem,
    )?;
    let present = if c.node.outputs.get(1).copied().flatten().is_some() {
        let one = |x: &Float<B>| {
            let mut shape = vec![1];
            shape.extend(x.shape());
            x.clone().reshape(shape)
        };
        Some(Float::concat(vec![one(&k), one(&v)], 0)?)
    } else {
        None
    };
    let (y, _) = attend_plainly(c, Heads { q, k, v }, scoring)?;
    let mut out = vec![Value::Float(merge_heads(y))];
    out.extend(present.map(Value::Float));
    Ok(out)
}

/// Part `which` of packed heads `[batch, sequence, heads, parts, size]`, as `[batch, heads, sequence, size]`.
fn unpacked<B: Engine>(x: &Float<B>, which: usize) -> Result<Float<B>, OpError> {
    let &[b, s, h, parts, size] = x.shape() else {
        return Err(OpError::bad(format!("packed heads of shape {:?}", x.shape())));
    };
    if which >= parts {
        return Err(OpError::bad(format!("packed heads hold {parts} parts")));
    }
    let ranges = [(0, b), (0, s), (0, h), (which, which + 1), (0, size)];
    let part = x.clone().narrow(&ranges).reshape(vec![b, s, h, size]);
    Ok(part.permute(&[0, 2, 1, 3]))
}

/// A part of the bias, as `[heads, 1, size]`.
fn head_bias<B: Engine>(bias: &Float<B>, from: usize, heads: usize, size: usize) -> Result<Float<B>, OpError> {
    let to = from + heads * size;
    if bias.rank() != 1 || bias.shape()[0] < to {
        return Err(OpError::bad(format!(
            "a bias of shape {:?} does not fit the heads",
            bias.shape()
        )));
    }
    Ok(bias.clone().narrow(&[(from, to)]).reshape(vec![heads, 1, size]))
}

/// Attends with queries, keys and values given: inputs are query, key, value, bias, padding mask, bias
/// of the scores, past key, past value.
pub(super) fn multi_head<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let heads = head_count(c, "num_heads")?;
    let query = c.float(0)?;
    let (key, value, bias) = (c.opt_float(1)?, c.opt_float(2)?, c.opt_float(3)?);
    let (mask, score_bias) = (c.opt_host(4)?, c.opt_float(5)?);
    let (past_key, past_value) = (c.opt_float(6)?, c.opt_float(7)?);
    if (8..c.inputs.len()).any(|i| c.has(i)) {
        return Err(OpError::unsupported("shared buffers and beams inside of attention"));
    }
    let spread = |x: Float<B>| if x.rank() == 4 { Ok(x) } else { split_heads(x, heads) };
    let (mut q, mut k, mut v) = match (key, value) {
        (None, None) => (unpacked(&query, 0)?, unpacked(&query, 1)?, unpacked(&query, 2)?),
        (Some(packed), None) => (split_heads(query, heads)?, unpacked(&packed, 0)?, unpacked(&packed, 1)?),
        (Some(key), Some(value)) => (split_heads(query, heads)?, spread(key)?, spread(value)?),
        (None, Some(_)) => return Err(OpError::bad("a value without a key")),
    };
    if let Some(bias) = bias {
        let (size, value_size) = (q.shape()[3], v.shape()[3]);
        q = q.add(head_bias(&bias, 0, heads, size)?)?;
        k = k.add(head_bias(&bias, heads * size, heads, size)?)?;
        v = v.add(head_bias(&bias, 2 * heads * size, heads, value_size)?)?;
    }
    if past_key.is_some() != past_value.is_some() {
        return Err(OpError::bad("past key and past value come together"));
    }
    if let (Some(pk), Some(pv)) = (past_key, past_value)
        && pk.numel() > 0
    {
        (k, v) = (extend(c, pk, k)?, extend(c, pv, v)?);
    }
    let &[batch, _, queries, size] = q.shape() else {
        return Err(OpError::bad("the query has no four dimensions"));
    };
    let extent = Extent {
        batch,
        queries,
        keys: k.shape()[2],
    };
    let filter = filter(c);
    let mut scoring = Scoring::new(scale(c, size));
    scoring.bias = sum(
        vec![
            mask.map(|m| additive(c, &m, extent, filter)).transpose()?.flatten(),
            (c.int("unidirectional", 0) != 0)
                .then(|| causal(c, extent, filter))
                .transpose()?,
            score_bias,
        ],
        q.elem,
    )?;
    scoring.shown = c.node.outputs.get(3).copied().flatten().map(|_| Stage::Biased);
    let present = [k.clone(), v.clone()];
    let (y, shown) = attend_plainly(c, Heads { q, k, v }, scoring)?;
    let mut out = vec![Value::Float(merge_heads(y))];
    out.extend(present.map(Value::Float));
    out.extend(shown.map(Value::Float));
    Ok(out)
}
