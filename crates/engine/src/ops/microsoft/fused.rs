//! Operators that onnxruntime's optimiser fuses from a product or a convolution and its neighbours.

use burn_backend::Scalar;

use super::super::through::{through, through_float};
use super::super::{Call, Out, linear, one};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::value::Value;

/// `x * sigmoid(alpha * x)`.
pub(super) fn quick_gelu<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let alpha = f64::from(c.f("alpha", 1.702));
    let x = c.float(0)?;
    c.reserve(x.shape())?;
    let gate = x.clone().mul_scalar(alpha).map(B::sigmoid);
    one(x.mul(gate)?)
}

/// An operand of `FusedMatMul`: with `batch`, its first axis is its row axis; with `flip`, rows and
/// columns are exchanged.
fn arranged<B: Engine>(x: Float<B>, flip: bool, batch: bool) -> Float<B> {
    let rank = x.rank();
    if rank < 2 {
        return x;
    }
    let mut order: Vec<usize> = (0..rank).collect();
    if batch {
        order[..rank - 1].rotate_left(1);
    }
    if flip {
        order.swap(rank - 2, rank - 1);
    }
    x.permute(&order)
}

pub(super) fn matmul<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let flag = |name: &str| c.int(name, 0) != 0;
    let (flip_a, batch_a) = (flag("transA"), flag("transBatchA"));
    let (flip_b, batch_b) = (flag("transB"), flag("transBatchB"));
    let alpha = f64::from(c.f("alpha", 1.0));
    let a = arranged(c.float(0)?, flip_a, batch_a);
    let b = arranged(c.float(1)?, flip_b, batch_b);
    let y = linear::product(c, a, b)?;
    one(if alpha.to_bits() == 1f64.to_bits() {
        y
    } else {
        y.mul_scalar(alpha)
    })
}

/// The function that the attribute `activation` names, with `parameters` in the order of its
/// attributes.
fn activated<B: Engine>(c: &mut Call<'_, B>, x: Float<B>, parameters: &[f32]) -> Result<Float<B>, OpError> {
    let name = c.str("activation", "");
    let named = |i: usize, attr: &'static str| parameters.get(i).map(|&v| (attr, Attr::Float(v)));
    let more: Vec<(&str, Attr)> = match name.as_str() {
        "" => return Ok(x),
        "Relu" | "Tanh" | "Sigmoid" | "Softplus" | "Softsign" | "HardSwish" => Vec::new(),
        "LeakyRelu" | "Elu" | "ThresholdedRelu" => named(0, "alpha").into_iter().collect(),
        "HardSigmoid" => named(0, "alpha").into_iter().chain(named(1, "beta")).collect(),
        "Clip" => {
            let low = parameters.first().map_or(f64::NEG_INFINITY, |&v| f64::from(v));
            let high = parameters.get(1).map_or(f64::INFINITY, |&v| f64::from(v));
            let y = x.map(|t| B::float_clamp_min(t, Scalar::Float(low)));
            return Ok(y.map(|t| B::float_clamp_max(t, Scalar::Float(high))));
        }
        other => return Err(OpError::unsupported(format!("the activation `{other}`"))),
    };
    through_float(c, &name, vec![x], &more)
}

pub(super) fn gemm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let inputs = vec![c.take(0), c.take(1), c.take(2)];
    let y = through(c, "Gemm", inputs, &[])?;
    let y = y
        .into_iter()
        .next()
        .ok_or_else(|| OpError::bad("Gemm answers nothing"))?
        .float()?;
    let given = |name: &str| match c.node.attrs.get(name) {
        Some(Attr::Float(v)) => Some(*v),
        _ => None,
    };
    let names = ["activation_alpha", "activation_beta", "activation_gamma"];
    let parameters: Vec<f32> = names.into_iter().map_while(given).collect();
    one(activated(c, y, &parameters)?)
}

/// Convolution, a sum with a fourth input, and an activation.
pub(super) fn conv<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let inputs = vec![c.take(0), c.take(1), c.take(2)];
    let y = through(c, "Conv", inputs, &[])?;
    let mut y = y
        .into_iter()
        .next()
        .ok_or_else(|| OpError::bad("Conv answers nothing"))?
        .float()?;
    if let Some(z) = c.opt_float(3)? {
        if z.shape() != y.shape() {
            return Err(OpError::bad(format!(
                "a sum of shapes {:?} and {:?}",
                y.shape(),
                z.shape()
            )));
        }
        y = y.add(z)?;
    }
    let parameters = c.floats("activation_params").to_vec();
    Ok(vec![Value::Float(activated(c, y, &parameters)?)])
}
