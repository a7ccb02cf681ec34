//! `MatMulNBits`: a product with weights of 2, 4 or 8 bits, quantised in blocks along their rows.

use super::super::{Call, Out, linear, one};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Inferred, Site, only, rules};
use crate::value::{Elem, Host, Value};

/// What the attributes say of the weights `[n, k]`.
struct Layout {
    n: usize,
    k: usize,
    bits: usize,
    block: usize,
}

impl Layout {
    fn read<B: Engine>(c: &Call<'_, B>) -> Result<Self, OpError> {
        let number = |name: &str, default: i64| {
            usize::try_from(c.int(name, default))
                .ok()
                .filter(|&v| v > 0)
                .ok_or_else(|| OpError::bad(format!("{name} is missing or not positive")))
        };
        let layout = Self {
            n: number("N", 0)?,
            k: number("K", 0)?,
            bits: number("bits", 4)?,
            block: number("block_size", 0)?,
        };
        if ![2, 4, 8].contains(&layout.bits) || !layout.block.is_multiple_of(8) {
            return Err(OpError::unsupported(format!(
                "blocks of {} numbers of {} bits",
                layout.block, layout.bits
            )));
        }
        Ok(layout)
    }

    /// Blocks of one row.
    fn blocks(&self) -> usize {
        self.k.div_ceil(self.block)
    }

    /// Number `i` of a packed row of bytes; the low bits come first.
    fn unpack(&self, bytes: &[i64], i: usize) -> i64 {
        let per_byte = 8 / self.bits;
        bytes[i / per_byte] >> (i % per_byte * self.bits) & ((1 << self.bits) - 1)
    }
}

/// Zero points: packed as the weights are, or numbers of the scales' type.
fn zeros<B: Engine>(value: Option<Value<B>>, layout: &Layout) -> Result<Vec<f32>, OpError> {
    let count = layout.n * layout.blocks();
    match value {
        None => Ok(vec![(1u32 << (layout.bits - 1)) as f32; count]),
        Some(Value::Float(f)) if f.numel() == count => f.into_vec(),
        Some(Value::Host(h)) => {
            let row = (layout.blocks() * layout.bits).div_ceil(8);
            if h.data.len() != layout.n * row {
                return Err(OpError::bad(format!("zero points of shape {:?} do not fit", h.shape)));
            }
            let rows = h.data.chunks(row);
            Ok(rows
                .flat_map(|bytes| (0..layout.blocks()).map(move |i| layout.unpack(bytes, i) as f32))
                .collect())
        }
        Some(other) => Err(OpError::bad(format!(
            "zero points: got {} of shape {:?}",
            other.kind(),
            other.shape()
        ))),
    }
}

/// The weights as numbers, `[n, k]`.
fn dequantized(layout: &Layout, packed: &Host, scales: &[f32], zeros: &[f32]) -> Vec<f32> {
    let bytes = layout.block * layout.bits / 8;
    let mut out = Vec::with_capacity(layout.n * layout.k);
    for (index, block) in packed.data.chunks_exact(bytes).enumerate() {
        let start = index % layout.blocks() * layout.block;
        let count = layout.block.min(layout.k - start);
        let (scale, zero) = (scales[index], zeros[index]);
        out.extend((0..count).map(|i| (layout.unpack(block, i) as f32 - zero) * scale));
    }
    out
}

/// The input with its last axis replaced by the rows of the weights.
pub(super) fn shape(s: &Site<'_>) -> Inferred {
    let mut fact = rules::same(s)?.swap_remove(0);
    if let Some(last) = fact.shape.as_mut().and_then(|s| s.last_mut()) {
        *last = s.int("N", 0).into();
    }
    only(fact)
}

pub(super) fn matmul_nbits<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let layout = Layout::read(c)?;
    let (x, packed, scales) = (c.float(0)?, c.host(1)?, c.float(2)?);
    let zero_points = c.take(3);
    if c.take(4).is_some() {
        return Err(OpError::unsupported("g_idx"));
    }
    let bias = c.opt_float(5)?;
    let blocks = layout.n.checked_mul(layout.blocks());
    let bytes = blocks.and_then(|b| b.checked_mul(layout.block / 8)?.checked_mul(layout.bits));
    if bytes != Some(packed.data.len()) || blocks != Some(scales.numel()) {
        return Err(OpError::bad(format!(
            "weights of shape {:?} with {} scales are not [{}, {}]",
            packed.shape,
            scales.numel(),
            layout.n,
            layout.k
        )));
    }
    c.reserve(&[2, layout.n, layout.k])?;
    let zeros = zeros(zero_points, &layout)?;
    let weights = dequantized(&layout, &packed, &scales.into_vec()?, &zeros);
    let w: Float<B> = c
        .tensor_from(weights, vec![layout.n, layout.k], Elem::F32)
        .cast_like(x.elem);
    let y = linear::product(c, x, w.permute(&[1, 0]))?;
    one(match bias {
        Some(bias) => y.add(bias)?,
        None => y,
    })
}
