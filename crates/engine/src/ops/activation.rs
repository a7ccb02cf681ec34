//! Activations: one float tensor in, one of the same shape out.

use glassboard_kernels::binary::Binary;
use glassboard_kernels::unary::Unary;

use super::{Call, Entry, Grad, Out, one, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Elem, Host, Value, broadcast, broadcast_indices};

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
        e("Shrink", shrink),
        e("SwiGLU", |c| {
            let alpha = c.f("alpha", 1.0);
            let (gate, x) = (c.float(0)?, c.float(1)?);
            if gate.shape() != x.shape() {
                return Err(OpError::bad("its inputs differ in shape"));
            }
            one(gate.unary(Unary::Swish { alpha }).mul(x)?)
        }),
    ]
}

fn swish<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let alpha = c.f("alpha", 1.0);
    one(c.float(0)?.unary(Unary::Swish { alpha }))
}

fn prelu<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = match c.value(0)? {
        Value::Host(x) => return prelu_host(c, &x),
        x => x.float()?,
    };
    let mut slope = c.float(1)?;
    let shape = x.shape().to_vec();
    if c.opset() < 7 && x.rank() > 1 && slope.shape() == [shape[1]] {
        // One slope a channel.
        let mut dims = vec![1; x.rank()];
        dims[1] = slope.numel();
        slope = slope.reshape(dims);
    }
    let y = x.binary(slope, Binary::Prelu, [true; 2])?;
    if y.shape() != shape {
        return Err(OpError::bad("the slope does not broadcast to the input"));
    }
    one(y)
}

fn prelu_host<B: Engine>(c: &mut Call<'_, B>, x: &Host) -> Out<B> {
    let slope = c.host(1)?;
    if broadcast(&x.shape, &slope.shape)? != x.shape {
        return Err(OpError::bad("the slope does not broadcast to the input"));
    }
    let index = broadcast_indices(&slope.shape, &x.shape);
    let below = |(&v, i): (&i64, usize)| {
        if v < 0 && x.elem != Elem::U64 {
            x.elem.wrap(v.wrapping_mul(slope.data[i]))
        } else {
            v
        }
    };
    let data = x.data.iter().zip(index).map(below).collect();
    one_host(Host::new(x.shape.clone(), x.elem, data))
}

/// Zero within `lambd` of zero, else `bias` closer to it.
fn shrink<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (lambd, bias) = (c.f("lambd", 0.5), c.f("bias", 0.0));
    match c.value(0)? {
        Value::Host(x) => {
            let (lambd, bias) = (f64::from(lambd), f64::from(bias));
            let moved = |&v: &i64| match v as f64 {
                f if f < -lambd => x.elem.wrap((f + bias) as i64),
                f if f > lambd => x.elem.wrap((f - bias) as i64),
                _ => 0,
            };
            let data = x.data.iter().map(moved).collect();
            one_host(Host::new(x.shape.clone(), x.elem, data))
        }
        x => one(x.float()?.unary(Unary::Shrink { lambd, bias })),
    }
}

/// `gamma * (x > 0 ? x : alpha * (exp(x / scale) - 1))`.
fn elu<B: Engine>(c: &mut Call<'_, B>, alpha: f32, gamma: f32, scale: f32) -> Out<B> {
    if scale == 0.0 {
        return Err(OpError::bad("alpha is zero"));
    }
    one(c.float(0)?.unary(Unary::Elu { alpha, gamma, scale }))
}
