//! Normalisations that onnxruntime's optimiser fuses with what stands before them.

use super::super::through::through_float;
use super::super::{Call, Out, one};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::shapes::{Fact, Gap, Inferred, Site, rules};
use crate::value::{Elem, Host, Value};

/// Mean and inverse deviation over the last axis, each with that axis of length one.
fn moments<B: Engine>(x: &Float<B>, epsilon: f64, centred: bool) -> Result<(Float<B>, Float<B>), OpError> {
    let last = x.rank() - 1;
    let mut shape = x.shape().to_vec();
    shape[last] = 1;
    let elem = x.elem;
    let mean_of = |t: Float<B>| Float::<B>::wrap(B::float_mean_dim(t.prim, last), shape.clone(), elem);
    let mean = mean_of(x.clone());
    let apart = if centred {
        x.clone().sub(mean.clone())?
    } else {
        x.clone()
    };
    let variance = mean_of(apart.clone().mul(apart)?);
    Ok((
        mean,
        variance.add_scalar(epsilon).map(B::float_sqrt).map(B::float_recip),
    ))
}

/// The input's shape; mean and deviation with a last axis of one; the sum.
pub(super) fn skip_shape(s: &Site<'_>) -> Inferred {
    let x = rules::same(s)?.swap_remove(0);
    let narrow = narrow(&x);
    Ok(vec![x.clone(), narrow.clone(), narrow, x])
}

/// The input's shape, and the deviation with a last axis of one.
pub(super) fn simplified_shape(s: &Site<'_>) -> Inferred {
    let x = rules::same(s)?.swap_remove(0);
    let narrow = narrow(&x);
    Ok(vec![x, narrow])
}

fn narrow(x: &Fact) -> Fact {
    let mut fact = x.clone();
    if let Some(last) = fact.shape.as_mut().and_then(|s| s.last_mut()) {
        *last = 1.into();
    }
    fact
}

/// `[batch, sequence, width]`, a length an item, and the sum.
pub(super) fn embed_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(2);
    let gap = || Gap::Unknown(vec![elem, Some(Elem::I32), elem]);
    let rank = |i: usize| s.shape_of_rank(i, 2).map_err(|_| gap());
    let (ids, words) = (rank(0)?, rank(2)?);
    let y = Fact::new(elem, vec![ids[0].clone(), ids[1].clone(), words[1].clone()]);
    Ok(vec![y.clone(), Fact::new(Some(Elem::I32), vec![ids[0].clone()]), y])
}

fn wanted<B: Engine>(c: &Call<'_, B>, i: usize) -> bool {
    c.node.outputs.get(i).copied().flatten().is_some()
}

/// Normalises the sum of input, skip and bias over its last axis. Answers the normalised, mean,
/// inverse deviation and the sum.
fn skip<B: Engine>(c: &mut Call<'_, B>, simple: bool) -> Out<B> {
    let (x, skipped, gamma) = (c.float(0)?, c.float(1)?, c.float(2)?);
    let (beta, bias) = if simple {
        (None, c.opt_float(3)?)
    } else {
        (c.opt_float(3)?, c.opt_float(4)?)
    };
    let shape = x.shape().to_vec();
    if shape.is_empty() || x.numel() == 0 {
        return Err(OpError::bad(format!("shape {shape:?} has nothing to normalise")));
    }
    c.reserve(&shape)?;
    let mut sum = x.add(skipped)?;
    if let Some(bias) = bias {
        sum = sum.add(bias)?;
    }
    if sum.shape() != shape {
        return Err(OpError::bad("skip and bias do not fit the input"));
    }
    let epsilon = c.f("epsilon", 1e-12);
    let (mean, deviation) = if wanted(c, 1) || wanted(c, 2) {
        let (mean, deviation) = moments(&sum, f64::from(epsilon), !simple)?;
        (mean, deviation)
    } else {
        let nothing = Float::full(0.0, vec![1], Elem::F32, c.device);
        (nothing.clone(), nothing)
    };
    let y = normalized(c, simple, sum.clone(), gamma, beta, epsilon)?;
    Ok(vec![y, mean, deviation, sum].into_iter().map(Value::Float).collect())
}

fn normalized<B: Engine>(
    c: &mut Call<'_, B>,
    simple: bool,
    x: Float<B>,
    gamma: Float<B>,
    beta: Option<Float<B>>,
    epsilon: f32,
) -> Result<Float<B>, OpError> {
    let more = [("epsilon", Attr::Float(epsilon)), ("axis", Attr::Int(-1))];
    let mut inputs = vec![x, gamma];
    inputs.extend(beta);
    let op = if simple {
        "RMSNormalization"
    } else {
        "LayerNormalization"
    };
    through_float(c, op, inputs, &more)
}

pub(super) fn skip_layer<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    skip(c, false)
}

pub(super) fn skip_simplified<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    skip(c, true)
}

/// Root mean square normalisation; answers the inverse deviation as well.
pub(super) fn simplified<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, gamma) = (c.float(0)?, c.float(1)?);
    let epsilon = c.f("epsilon", 1e-5);
    if x.rank() == 0 || x.numel() == 0 {
        return Err(OpError::bad(format!("shape {:?} has nothing to normalise", x.shape())));
    }
    if !wanted(c, 1) {
        let inputs = vec![x, gamma];
        let y = through_float(c, "RMSNormalization", inputs, &[("epsilon", Attr::Float(epsilon))])?;
        return one(y);
    }
    let (_, deviation) = moments(&x, f64::from(epsilon), false)?;
    let y = x.mul(deviation.clone())?.mul(gamma)?;
    Ok(vec![Value::Float(y), Value::Float(deviation)])
}

/// Rows of a table by ids `[batch, sequence]`, as `[batch, sequence, width]`.
fn embedded<B: Engine>(c: &Call<'_, B>, table: Float<B>, ids: &[i64], shape: [usize; 2]) -> Result<Float<B>, OpError> {
    let &[count, width] = table.shape() else {
        return Err(OpError::bad(format!("an embedding of shape {:?}", table.shape())));
    };
    if let Some(bad) = ids.iter().find(|&&i| i < 0 || i as usize >= count) {
        return Err(OpError::bad(format!("id {bad} is outside an embedding of {count}")));
    }
    c.reserve(&[ids.len(), width])?;
    Ok(table.select(0, ids).reshape(vec![shape[0], shape[1], width]))
}

/// The sum of word, position and segment embeddings, normalised. Inputs: ids, segments, the three
/// tables, gamma, beta, mask, positions.
pub(super) fn embed_layer<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let ids = c.host(0)?;
    let segments = c.opt_host(1)?;
    let (words, places, kinds) = (c.float(2)?, c.float(3)?, c.opt_float(4)?);
    let (gamma, beta) = (c.float(5)?, c.float(6)?);
    let (mask, positions) = (c.opt_host(7)?, c.opt_host(8)?);
    let &[batch, sequence] = ids.shape.as_slice() else {
        return Err(OpError::bad(format!("ids of shape {:?}", ids.shape)));
    };
    let shape = [batch, sequence];
    let positions: Vec<i64> = match positions {
        None => (0..batch).flat_map(|_| 0..sequence as i64).collect(),
        Some(p) if p.data.len() == batch * sequence => p.data.to_vec(),
        Some(p) if p.data.len() == sequence => p.data.repeat(batch),
        Some(p) => return Err(OpError::bad(format!("positions of shape {:?}", p.shape))),
    };
    let mut sum = embedded(c, words, &ids.data, shape)?.add(embedded(c, places, &positions, shape)?)?;
    if let (Some(table), Some(segments)) = (kinds, segments) {
        if segments.data.len() != batch * sequence {
            return Err(OpError::bad(format!("segments of shape {:?}", segments.shape)));
        }
        sum = sum.add(embedded(c, table, &segments.data, shape)?)?;
    }
    let lengths = match mask {
        None => vec![0; batch],
        Some(m) if m.data.len() == batch * sequence => m
            .data
            .chunks(sequence.max(1))
            .map(|row| row.iter().filter(|&&v| v == 1).count() as i64)
            .collect(),
        Some(m) => return Err(OpError::bad(format!("a mask of shape {:?}", m.shape))),
    };
    let epsilon = c.f("epsilon", 1e-12);
    let y = normalized(c, false, sum.clone(), gamma, Some(beta), epsilon)?;
    Ok(vec![
        Value::Float(y),
        Value::Host(Host::new(vec![batch], Elem::I32, lengths)),
        Value::Float(sum),
    ])
}
