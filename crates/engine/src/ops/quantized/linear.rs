//! `QuantizeLinear`, `DequantizeLinear`, `DynamicQuantizeLinear`.

use super::super::{Call, Out, one};
use super::codes::{Affine, Codes, dequantize, quantize};
use super::grain::Grain;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Fact, Inferred, Site, rules};
use crate::value::{Elem, Value};

/// An attribute that names an element type; `None` where it is absent or zero.
fn named<B: Engine>(c: &Call<'_, B>, name: &str) -> Result<Option<Elem>, OpError> {
    match c.int(name, 0) {
        0 => Ok(None),
        code => i32::try_from(code)
            .ok()
            .and_then(Elem::from_onnx)
            .map(Some)
            .ok_or_else(|| OpError::unsupported(format!("{name} {code}"))),
    }
}

/// The shape of the input; the type of the zero points, or what an attribute says.
pub(super) fn quantized(s: &Site<'_>) -> Inferred {
    let elem = if s.has(2) {
        s.elem(2)
    } else if s.int("output_dtype", 0) == 0 {
        Some(Elem::U8)
    } else {
        s.elem_named("output_dtype")
    };
    super::typed(rules::same(s), elem)
}

/// The shape of the input; the type of the scales, or what an attribute says.
pub(super) fn dequantized(s: &Site<'_>) -> Inferred {
    let named = if s.int("output_dtype", 0) == 0 {
        None
    } else {
        s.elem_named("output_dtype")
    };
    super::typed(rules::same(s), named.or(s.elem(1)))
}

/// Codes of the input's shape, one scale, one zero point.
pub(super) fn dynamic_shape(s: &Site<'_>) -> Inferred {
    let mut facts = super::typed(rules::same(s), Some(Elem::U8))?;
    facts.extend([Elem::F32, Elem::U8].map(|elem| Fact::new(Some(elem), Vec::new())));
    Ok(facts)
}

pub(super) fn quantize_linear<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = super::numbers(c, 0)?;
    let affine = Affine::read(c, 1, 2)?;
    let to = match affine.codes {
        Some(elem) => elem,
        None => named(c, "output_dtype")?.unwrap_or(Elem::U8),
    };
    let grain = affine.grain(c, x.shape())?;
    let x = match named(c, "precision")? {
        Some(Elem::F64) => x.cast(Elem::F64),
        _ => x,
    };
    Ok(vec![quantize(c, x, &affine, &grain, to)?])
}

pub(super) fn dequantize_linear<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let codes = Codes::input(c, 0)?;
    let affine = Affine::read(c, 1, 2)?;
    let grain = affine.grain(c, codes.shape())?;
    let to = named(c, "output_dtype")?.unwrap_or(affine.elem);
    if !to.is_float() {
        return Err(OpError::bad(format!("output_dtype {} is no float", to.name())));
    }
    one(dequantize(c, codes, &affine, &grain, to)?)
}

/// Scale and zero point that a tensor of floats has by itself, of type uint8: zero is always a code.
pub(super) fn dynamic<B: Engine>(x: &Float<B>) -> Result<Affine, OpError> {
    let data = x.clone().into_vec()?;
    let (low, high) = data.iter().fold((0f32, 0f32), |(l, h), &v| (l.min(v), h.max(v)));
    let scale = (high - low) / 255.0;
    let scale = if scale == 0.0 { 1.0 } else { scale };
    let zero = (-low / scale).clamp(0.0, 255.0).round_ties_even();
    Ok(Affine {
        scales: vec![f64::from(scale)],
        zeros: vec![f64::from(zero)],
        shape: Vec::new(),
        elem: Elem::F32,
        codes: Some(Elem::U8),
    })
}

pub(super) fn dynamic_quantize<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let affine = dynamic(&x)?;
    let codes = quantize(c, x, &affine, &Grain::Tensor, Elem::U8)?;
    let scale = c.tensor_from(vec![affine.scales[0] as f32], Vec::new(), Elem::F32);
    let zero = crate::value::Host::new(Vec::new(), Elem::U8, vec![affine.zero(0) as i64]);
    Ok(vec![codes, Value::Float(scale), Value::Host(zero)])
}
