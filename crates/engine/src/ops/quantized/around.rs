//! onnxruntime's `QLinear` operators that are an operator on floats between dequantisation and
//! quantisation. onnxruntime computes some of them by tables; where that rounds another way, codes
//! differ by one.

use super::super::through::through;
use super::super::{Call, Out};
use super::codes::{Affine, Codes, dequantize, quantize};
use super::grain::Grain;
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::shapes::{Fact, Gap, Inferred, Site, only, rules};
use crate::value::{Elem, Value};

/// The tensor at input `i` as numbers, its scale and zero point behind it.
fn numbers<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Float<B>, OpError> {
    let codes = Codes::input(c, i)?;
    let affine = Affine::read(c, i + 1, i + 2)?;
    affine.single()?;
    dequantize(c, codes, &affine, &Grain::Tensor, Elem::F32)
}

/// Quantises with scale and zero point at `i` and behind it.
fn answer<B: Engine>(c: &mut Call<'_, B>, y: Float<B>, i: usize) -> Out<B> {
    let affine = Affine::read(c, i, i + 1)?;
    affine.single()?;
    let to = affine.codes.unwrap_or(Elem::U8);
    Ok(vec![quantize(c, y, &affine, &Grain::Tensor, to)?])
}

fn first<B: Engine>(answers: Vec<Value<B>>) -> Result<Float<B>, OpError> {
    let value = answers.into_iter().next();
    value.ok_or_else(|| OpError::bad("nothing is answered"))?.float()
}

/// The shape of two tensors broadcast; codes as the first has.
pub(super) fn joined(s: &Site<'_>) -> Inferred {
    match (s.shape(0), s.shape(3)) {
        (Ok(a), Ok(b)) => only(Fact::new(s.elem(0), rules::broadcast_dims(a, b)?)),
        _ => Err(Gap::Unknown(vec![s.elem(0)])),
    }
}

/// Two tensors in, one out.
pub(super) fn two<B: Engine>(c: &mut Call<'_, B>, op: &str) -> Out<B> {
    let (a, b) = (numbers(c, 0)?, numbers(c, 3)?);
    let y = first(through(c, op, vec![Some(Value::Float(a)), Some(Value::Float(b))], &[])?)?;
    answer(c, y, 6)
}

/// One tensor in, one out.
pub(super) fn one<B: Engine>(c: &mut Call<'_, B>, op: &str) -> Out<B> {
    let x = numbers(c, 0)?;
    let y = first(through(c, op, vec![Some(Value::Float(x))], &[])?)?;
    answer(c, y, 3)
}

/// A pool, with the channels second or last.
pub(super) fn pool<B: Engine>(c: &mut Call<'_, B>, op: &str) -> Out<B> {
    let last = c.int("channels_last", 0) != 0;
    let mut x = numbers(c, 0)?;
    let rank = x.rank();
    if rank < 3 {
        return Err(OpError::bad(format!("shape {:?} is not spatial", x.shape())));
    }
    let mut order: Vec<usize> = (0..rank).collect();
    if last {
        order[1..].rotate_right(1);
        x = x.permute(&order);
    }
    let mut y = first(through(c, op, vec![Some(Value::Float(x))], &[])?)?;
    if last {
        let mut order: Vec<usize> = (0..rank).collect();
        order[1..].rotate_left(1);
        y = y.permute(&order);
    }
    answer(c, y, 3)
}

/// Softmax along an axis of its own rule: before operator set 13 over all axes from it on.
pub(super) fn softmax<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = numbers(c, 0)?;
    let raw = c.int("axis", -1);
    let y = if c.int("opset", 13) < 13 {
        let shape = x.shape().to_vec();
        let at = super::super::axis(raw, shape.len())?;
        let rows = shape[..at].iter().product();
        let width = shape[at..].iter().product();
        let flat = Some(Value::Float(x.reshape(vec![rows, width])));
        first(through(c, "Softmax", vec![flat], &[("axis", Attr::Int(1))])?)?.reshape(shape)
    } else {
        first(through(
            c,
            "Softmax",
            vec![Some(Value::Float(x))],
            &[("axis", Attr::Int(raw))],
        )?)?
    };
    answer(c, y, 3)
}

/// The mean over axes that an attribute names.
pub(super) fn mean<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = numbers(c, 0)?;
    let axes = c.ints("axes").map(|v| Value::Host(crate::value::Host::vector(v)));
    let y = first(through(c, "ReduceMean", vec![Some(Value::Float(x)), axes], &[])?)?;
    answer(c, y, 3)
}

/// Scale and zero point of the answer come first, then tensors with their own.
pub(super) fn concat<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let count = c.inputs.len().saturating_sub(2) / 3;
    let mut parts = Vec::with_capacity(count);
    for k in 0..count {
        parts.push(Some(Value::Float(numbers(c, 2 + 3 * k)?)));
    }
    let y = first(through(c, "Concat", parts, &[])?)?;
    answer(c, y, 0)
}

/// A condition, then two tensors.
pub(super) fn choose<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let condition = c.take(0);
    let (x, y) = (numbers(c, 1)?, numbers(c, 4)?);
    let y = first(through(
        c,
        "Where",
        vec![condition, Some(Value::Float(x)), Some(Value::Float(y))],
        &[],
    )?)?;
    answer(c, y, 7)
}
