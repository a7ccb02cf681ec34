//! `CausalConvWithState`: a depthwise convolution over the past, which carries its last inputs along.

use super::super::{Call, Out};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Fact, Gap, Inferred, Site};
use crate::value::Value;

/// The shape of the input, and the state of one step less than the kernel.
pub(super) fn shape(s: &Site<'_>) -> Inferred {
    let gap = || Gap::Unknown(vec![s.elem(0); 2]);
    let rank = |i: usize| s.shape_of_rank(i, 3).map_err(|_| gap());
    let (x, w) = (rank(0)?, rank(1)?);
    let state = vec![x[0].clone(), x[1].clone(), &w[2] - 1];
    Ok(vec![Fact::new(s.elem(0), x.to_vec()), Fact::new(s.elem(0), state)])
}

pub(super) fn causal_conv<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let silu = match c.str("activation", "none").as_str() {
        "none" => false,
        "silu" | "swish" => true,
        other => return Err(OpError::bad(format!("activation `{other}` is unknown"))),
    };
    let (x, w) = (c.float(0)?, c.float(1)?);
    let (bias, past) = (c.opt_float(2)?, c.opt_float(3)?);
    let (&[b, channels, length], &[wc, 1, taps]) = (x.shape(), w.shape()) else {
        return Err(OpError::bad(format!(
            "input of shape {:?} and weight of shape {:?} do not fit",
            x.shape(),
            w.shape()
        )));
    };
    if wc != channels || taps == 0 || x.numel() == 0 {
        return Err(OpError::bad(format!(
            "{channels} channels do not fit the weight of shape {:?}",
            w.shape()
        )));
    }
    let carried = taps - 1;
    let total = length
        .checked_add(carried)
        .ok_or_else(|| OpError::bad("the kernel is too long"))?;
    c.reserve(&[2, b, channels, total])?;
    let padded = match past {
        None => x.pad(&[(0, 0), (0, 0), (carried, 0)], 0.0),
        Some(p) if p.shape() == [b, channels, carried] => Float::concat(vec![p, x], 2)?,
        Some(p) => {
            return Err(OpError::bad(format!(
                "past_state has shape {:?}, expected {:?}",
                p.shape(),
                [b, channels, carried]
            )));
        }
    };
    let part = |from: usize, to: usize| padded.clone().narrow(&[(0, b), (0, channels), (from, to)]);
    let mut sum: Option<Float<B>> = None;
    for k in 0..taps {
        let weight = w
            .clone()
            .narrow(&[(0, channels), (0, 1), (k, k + 1)])
            .reshape(vec![1, channels, 1]);
        let term = part(k, k + length).mul(weight)?;
        sum = Some(match sum {
            None => term,
            Some(s) => s.add(term)?,
        });
    }
    let mut y = sum.ok_or_else(|| OpError::bad("the kernel is empty"))?;
    if let Some(bias) = bias {
        if bias.shape() != [channels] {
            return Err(OpError::bad("the bias does not fit the channels"));
        }
        y = y.add(bias.reshape(vec![1, channels, 1]))?;
    }
    if silu {
        let gate = y.clone().map(B::sigmoid);
        y = y.mul(gate)?;
    }
    let state = if carried == 0 {
        Float::from_vec(Vec::new(), vec![b, channels, 0], y.elem, c.device)
    } else {
        part(total - carried, total)
    };
    Ok(vec![Value::Float(y), Value::Float(state)])
}
