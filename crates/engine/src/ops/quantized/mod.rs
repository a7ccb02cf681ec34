//! Quantised tensors: integers that stand for numbers by a scale and a zero point.
//!
//! Products are sums in 32 bits, as the specification has them. Rounding has no useful derivative, so
//! gradients pass straight through it, within the range of the type; while a tape records, codes
//! carry floats of the same values along (see [`crate::value::Coded`]).

mod around;
mod codes;
mod conv;
mod grain;
mod linear;
mod product;
mod scaled;

use super::{Call, Entry, Grad};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Gap, Inferred, Site, rules};
use crate::value::{Elem, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |family, op, run| Entry::new(family, op, Grad::Straight, run);
    let m = |family, op, run| Entry::new(family, op, Grad::Straight, run).domain("com.microsoft");
    vec![
        e("quantized/linear", "QuantizeLinear", linear::quantize_linear).shape(linear::quantized),
        e("quantized/linear", "DequantizeLinear", linear::dequantize_linear).shape(linear::dequantized),
        m("quantized/linear", "QuantizeLinear", linear::quantize_linear).shape(linear::quantized),
        m("quantized/linear", "DequantizeLinear", linear::dequantize_linear).shape(linear::dequantized),
        e("quantized/linear", "DynamicQuantizeLinear", linear::dynamic_quantize).shape(linear::dynamic_shape),
        e("quantized/product", "MatMulInteger", product::matmul_integer)
            .shape(rules::matmul_integer)
            .limits("numbers of 8 bits"),
        e("quantized/product", "QLinearMatMul", product::qlinear_matmul)
            .shape(|s| typed(rules::matmul(&s.picking(&[0, 3])), s.elem(7)))
            .limits("integers of 8 bits"),
        e("quantized/conv", "ConvInteger", conv::conv_integer)
            .shape(|s| typed(rules::conv(s), Some(Elem::I32)))
            .limits("numbers of 8 bits"),
        e("quantized/conv", "QLinearConv", conv::qlinear_conv)
            .shape(|s| typed(rules::conv(&s.picking(&[0, 3])), s.elem(7)))
            .limits("integers of 8 bits"),
        m(
            "quantized/scaled",
            "DynamicQuantizeMatMul",
            scaled::dynamic_quantize_matmul,
        )
        .shape(float_product),
        m(
            "quantized/scaled",
            "MatMulIntegerToFloat",
            scaled::matmul_integer_to_float,
        )
        .shape(float_product),
        m("quantized/scaled", "QAttention", scaled::q_attention),
        m("quantized/scaled", "QGemm", scaled::q_gemm),
        m("quantized/around", "QLinearAdd", |c| around::two(c, "Add")).shape(around::joined),
        m("quantized/around", "QLinearMul", |c| around::two(c, "Mul")).shape(around::joined),
        m("quantized/around", "QLinearSigmoid", |c| around::one(c, "Sigmoid")).shape(rules::same),
        m("quantized/around", "QLinearLeakyRelu", |c| around::one(c, "LeakyRelu")).shape(rules::same),
        m("quantized/around", "QLinearAveragePool", |c| {
            around::pool(c, "AveragePool")
        }),
        m("quantized/around", "QLinearGlobalAveragePool", |c| {
            around::pool(c, "GlobalAveragePool")
        }),
        m("quantized/around", "QLinearSoftmax", around::softmax).shape(rules::same),
        m("quantized/around", "QLinearReduceMean", around::mean),
        m("quantized/around", "QLinearConcat", around::concat),
        m("quantized/around", "QLinearWhere", around::choose),
    ]
}

/// The same facts with another element type of the first output.
fn typed(facts: Inferred, elem: Option<Elem>) -> Inferred {
    match facts {
        Ok(mut facts) => {
            if let Some(fact) = facts.first_mut() {
                fact.elem = elem;
            }
            Ok(facts)
        }
        Err(Gap::Unknown(_)) => Err(Gap::Unknown(vec![elem])),
        Err(other) => Err(other),
    }
}

fn float_product(s: &Site<'_>) -> Inferred {
    typed(rules::matmul(s), Some(Elem::F32))
}

/// Input `i` as floats, whatever numbers it holds.
fn numbers<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Float<B>, OpError> {
    match c.value(i)? {
        Value::Float(x) => Ok(x),
        Value::Host(x) => {
            c.reserve(&x.shape)?;
            Ok(c.tensor_from(x.data.iter().map(|&v| v as f32).collect(), x.shape.clone(), Elem::F32))
        }
        other => Err(OpError::bad(format!(
            "input {i}: expected numbers, got {}",
            other.kind()
        ))),
    }
}
