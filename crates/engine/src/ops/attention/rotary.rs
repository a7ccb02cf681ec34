//! Rotary position embedding (Su and others, 2021), of ONNX and of onnxruntime.

use super::super::{Call, Out, one};
use super::core::head_count;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::Host;

/// Cosines and sines of every position: `[batch or 1, sequence, 1, half]`.
pub(in super::super) struct Angles<B: Engine> {
    pub cos: Float<B>,
    pub sin: Float<B>,
}

impl<B: Engine> Angles<B> {
    /// From caches `[positions, half]` and the position of every token `[batch, sequence]`.
    pub fn at(
        c: &Call<'_, B>,
        cos: Float<B>,
        sin: Float<B>,
        positions: &[i64],
        [batch, sequence]: [usize; 2],
    ) -> Result<Self, OpError> {
        let &[count, half] = cos.shape() else {
            return Err(OpError::bad(format!(
                "a cache of shape {:?} should have two dimensions",
                cos.shape()
            )));
        };
        if sin.shape() != cos.shape() || positions.len() != batch * sequence {
            return Err(OpError::bad("the caches and the positions do not fit each other"));
        }
        if let Some(bad) = positions.iter().find(|&&p| p < 0 || p as usize >= count) {
            return Err(OpError::bad(format!("position {bad} is outside a cache of {count}")));
        }
        c.reserve(&[positions.len(), half, 2])?;
        let rows = |x: Float<B>| x.select(0, positions).reshape(vec![batch, sequence, 1, half]);
        Ok(Self {
            cos: rows(cos),
            sin: rows(sin),
        })
    }
}

/// Turns the first `2 * half` numbers of every head of `x` `[batch, sequence, heads, size]`.
pub(in super::super) fn rotate<B: Engine>(
    c: &Call<'_, B>,
    x: Float<B>,
    angles: &Angles<B>,
    interleaved: bool,
) -> Result<Float<B>, OpError> {
    let &[b, s, h, size] = x.shape() else {
        return Err(OpError::bad("expected four dimensions"));
    };
    let half = angles.cos.shape().last().copied().unwrap_or(0);
    let turned = half.saturating_mul(2);
    if turned > size || half == 0 {
        return Err(OpError::bad(format!("{half} angles do not fit heads of {size}")));
    }
    c.reserve(&[b, s, h, size])?;
    if x.numel() == 0 {
        return Ok(x);
    }
    let part = |x: &Float<B>, from: usize, to: usize| x.clone().narrow(&[(0, b), (0, s), (0, h), (from, to)]);
    let front = part(&x, 0, turned);
    let (first, second) = if interleaved {
        let pairs = front.reshape(vec![b, s, h, half, 2]);
        let one = |k: usize| {
            let ranges = [(0, b), (0, s), (0, h), (0, half), (k, k + 1)];
            pairs.clone().narrow(&ranges).reshape(vec![b, s, h, half])
        };
        (one(0), one(1))
    } else {
        (part(&front, 0, half), part(&front, half, turned))
    };
    let (cos, sin) = (&angles.cos, &angles.sin);
    let times = |x: &Float<B>, y: &Float<B>| x.clone().mul(y.clone().cast_like(x.elem));
    let real = times(&first, cos)?.sub(times(&second, sin)?)?;
    let imaginary = times(&first, sin)?.add(times(&second, cos)?)?;
    let mut y = if interleaved {
        let wide = vec![b, s, h, half, 1];
        Float::concat(vec![real.reshape(wide.clone()), imaginary.reshape(wide)], 4)?.reshape(vec![b, s, h, turned])
    } else {
        Float::concat(vec![real, imaginary], 3)?
    };
    if turned < size {
        y = Float::concat(vec![y, part(&x, turned, size)], 3)?;
    }
    Ok(y)
}

/// `x` as `[batch, sequence, heads, size]`, from that with heads and sequence exchanged, or from
/// `[batch, sequence, heads * size]`.
fn by_token<B: Engine>(x: Float<B>, heads: usize) -> Result<Float<B>, OpError> {
    match *x.shape() {
        [_, _, _, _] => Ok(x.permute(&[0, 2, 1, 3])),
        [b, s, width] if heads > 0 && width.is_multiple_of(heads) => Ok(x.reshape(vec![b, s, heads, width / heads])),
        _ => Err(OpError::bad(format!(
            "shape {:?} does not split into {heads} heads",
            x.shape()
        ))),
    }
}

fn back<B: Engine>(y: Float<B>, shape: &[usize]) -> Float<B> {
    if shape.len() == 4 {
        y.permute(&[0, 2, 1, 3])
    } else {
        y.reshape(shape.to_vec())
    }
}

/// ONNX's: input, cosines, sines, positions.
pub(super) fn standard<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, cos, sin) = (c.float(0)?, c.float(1)?, c.float(2)?);
    let positions = c.opt_host(3)?;
    let heads = if x.rank() == 3 { head_count(c, "num_heads")? } else { 0 };
    let shape = x.shape().to_vec();
    let x = by_token(x, heads)?;
    let (b, s) = (x.shape()[0], x.shape()[1]);
    let angles = if let Some(p) = positions {
        Angles::at(c, cos, sin, &p.data, [b, s])?
    } else {
        let &[cb, cs, half] = cos.shape() else {
            return Err(OpError::bad("caches without positions should have three dimensions"));
        };
        if sin.shape() != cos.shape() || cs != s || !(cb == b || cb == 1) {
            return Err(OpError::bad("the caches do not fit the input"));
        }
        let rows = |x: Float<B>| x.reshape(vec![cb, cs, 1, half]);
        Angles {
            cos: rows(cos),
            sin: rows(sin),
        }
    };
    let dim = usize::try_from(c.int("rotary_embedding_dim", 0)).unwrap_or(0);
    let turned = if dim == 0 { x.shape()[3] } else { dim };
    if angles.cos.shape()[3] != turned / 2 {
        return Err(OpError::bad(format!(
            "caches of {} angles do not fit a rotation of {turned}",
            angles.cos.shape()[3]
        )));
    }
    one(back(rotate(c, x, &angles, c.int("interleaved", 0) != 0)?, &shape))
}

/// The positions of tokens from one first position, or as given.
pub(in super::super) fn positions(h: &Host, [b, s]: [usize; 2]) -> Result<Vec<i64>, OpError> {
    if let [first] = *h.data.as_slice() {
        let each = (0..s as i64).map(|i| first.saturating_add(i));
        return Ok((0..b).flat_map(|_| each.clone()).collect());
    }
    if h.data.len() != b * s {
        return Err(OpError::bad(format!(
            "{} positions for {b} sequences of {s}",
            h.data.len()
        )));
    }
    Ok(h.data.to_vec())
}

/// onnxruntime's: input, positions, cosines, sines.
pub(super) fn microsoft<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    if c.int("is_packed_batching", 0) != 0 {
        return Err(OpError::unsupported("packed batches"));
    }
    let (x, p, cos, sin) = (c.float(0)?, c.host(1)?, c.float(2)?, c.float(3)?);
    let factor = f64::from(c.f("scale", 1.0));
    let mut heads = usize::try_from(c.int("num_heads", 0)).unwrap_or(0);
    let half = cos.shape().last().copied().unwrap_or(0);
    if heads == 0 && x.rank() == 3 && half > 0 {
        heads = x.shape()[2] / half.saturating_mul(2).max(1);
    }
    let shape = x.shape().to_vec();
    let x = by_token(x, heads)?;
    let (b, s) = (x.shape()[0], x.shape()[1]);
    let angles = Angles::at(c, cos, sin, &positions(&p, [b, s])?, [b, s])?;
    let y = back(rotate(c, x, &angles, c.int("interleaved", 0) != 0)?, &shape);
    one(if factor.to_bits() == 1f64.to_bits() {
        y
    } else {
        y.mul_scalar(factor)
    })
}
