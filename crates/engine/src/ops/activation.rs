//! Activations: one float tensor in, one of the same shape out.

use glassboard_kernels::binary::Binary;
use glassboard_kernels::unary::Unary;

use super::{Call, Entry, Grad, Out, one};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::rules;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("activation", op, Grad::Yes, run).shape(rules::same);
    vec![
        e("Relu", |c| one(c.float(0)?.unary(Unary::Relu))),
        e("Sigmoid", |c| one(c.float(0)?.unary(Unary::Sigmoid))),
        e("Tanh", |c| one(c.float(0)?.unary(Unary::Tanh))),
        e("LeakyRelu", |c| {
            let alpha = c.f("alpha", 0.01);
            one(c.float(0)?.unary(Unary::LeakyRelu { alpha }))
        }),
        e("PRelu", prelu),
        e("Elu", |c| {
            let alpha = c.f("alpha", 1.0);
            elu(c, alpha, 1.0, 1.0)
        }),
        e("Selu", |c| {
            let (alpha, gamma) = (c.f("alpha", 1.673_263_2), c.f("gamma", 1.050_701));
            elu(c, alpha, gamma, 1.0)
        }),
        e("Celu", |c| {
            let alpha = c.f("alpha", 1.0);
            elu(c, alpha, 1.0, alpha)
        }),
        e("HardSigmoid", |c| {
            let (alpha, beta) = (c.f("alpha", 0.2), c.f("beta", 0.5));
            one(c.float(0)?.unary(Unary::HardSigmoid { alpha, beta }))
        }),
        e("HardSwish", |c| one(c.float(0)?.unary(Unary::HardSwish))),
        e("Softplus", |c| one(c.float(0)?.unary(Unary::Softplus))),
        e("Softsign", |c| one(c.float(0)?.unary(Unary::Softsign))),
        e("Mish", |c| one(c.float(0)?.unary(Unary::Mish))),
        e("Swish", swish),
        e("ThresholdedRelu", |c| {
            let alpha = c.f("alpha", 1.0);
            one(c.float(0)?.unary(Unary::ThresholdedRelu { alpha }))
        }),
        e("Shrink", |c| {
            let (lambd, bias) = (c.f("lambd", 0.5), c.f("bias", 0.0));
            one(c.float(0)?.unary(Unary::Shrink { lambd, bias }))
        }),
    ]
}

fn swish<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let alpha = c.f("alpha", 1.0);
    one(c.float(0)?.unary(Unary::Swish { alpha }))
}

fn prelu<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, slope) = (c.float(0)?, c.float(1)?);
    let shape = x.shape().to_vec();
    let y = x.binary(slope, Binary::Prelu, [true; 2])?;
    if y.shape() != shape {
        return Err(OpError::bad("the slope does not broadcast to the input"));
    }
    one(y)
}

/// `gamma * (x > 0 ? x : alpha * (exp(x / scale) - 1))`.
fn elu<B: Engine>(c: &mut Call<'_, B>, alpha: f32, gamma: f32, scale: f32) -> Out<B> {
    if scale == 0.0 {
        return Err(OpError::bad("alpha is zero"));
    }
    one(c.float(0)?.unary(Unary::Elu { alpha, gamma, scale }))
}
