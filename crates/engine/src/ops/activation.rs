//! Activations: one float tensor in, one of the same shape out.

use burn_backend::Backend;

use super::{Call, Entry, Grad, Out, one, one_host};
use crate::error::OpError;
use crate::float::Float;
use crate::shapes::rules;
use crate::value::{Elem, Host, Value, broadcast, broadcast_indices};

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("activation", op, Grad::Yes, run).shape(rules::same);
    vec![
        e("Relu", |c| one(c.float(0)?.map(B::relu))),
        e("Sigmoid", |c| one(c.float(0)?.map(B::sigmoid))),
        e("Tanh", |c| one(c.float(0)?.map(B::float_tanh))),
        e("LeakyRelu", leaky_relu),
        e("Shrink", shrink),
        e("SwiGLU", |c| {
            let alpha = f64::from(c.f("alpha", 1.0));
            let (gate, x) = (c.float(0)?, c.float(1)?);
            if gate.shape() != x.shape() {
                return Err(OpError::bad("its inputs differ in shape"));
            }
            let open = gate.clone().mul_scalar(alpha).map(B::sigmoid);
            one(gate.mul(open)?.mul(x)?)
        }),
        e("PRelu", prelu),
        e("Elu", |c| {
            let alpha = f64::from(c.f("alpha", 1.0));
            one(elu(c.float(0)?, alpha, 1.0, 1.0)?)
        }),
        e("Selu", |c| {
            let alpha = f64::from(c.f("alpha", 1.673_263_2));
            let gamma = f64::from(c.f("gamma", 1.050_701));
            one(elu(c.float(0)?, alpha, gamma, 1.0)?)
        }),
        e("Celu", |c| {
            let alpha = f64::from(c.f("alpha", 1.0));
            one(elu(c.float(0)?, alpha, 1.0, alpha)?)
        }),
        e("HardSigmoid", |c| {
            let (alpha, beta) = (f64::from(c.f("alpha", 0.2)), f64::from(c.f("beta", 0.5)));
            one(c
                .float(0)?
                .mul_scalar(alpha)
                .add_scalar(beta)
                .clamp_min(0.0)
                .clamp_max(1.0))
        }),
        e("HardSwish", |c| {
            let x = c.float(0)?;
            let gate = x
                .clone()
                .mul_scalar(1.0 / 6.0)
                .add_scalar(0.5)
                .clamp_min(0.0)
                .clamp_max(1.0);
            one(x.mul(gate)?)
        }),
        e("Softplus", |c| one(softplus(c.float(0)?))),
        e("Softsign", |c| {
            let x = c.float(0)?;
            let below = x.clone().map(B::float_abs).add_scalar(1.0);
            one(x.div(below)?)
        }),
        e("Mish", |c| {
            let x = c.float(0)?;
            let gate = softplus(x.clone()).map(B::float_tanh);
            one(x.mul(gate)?)
        }),
        e("Swish", |c| {
            let alpha = f64::from(c.f("alpha", 1.0));
            let x = c.float(0)?;
            let gate = x.clone().mul_scalar(alpha).map(B::sigmoid);
            one(x.mul(gate)?)
        }),
        e("ThresholdedRelu", |c| {
            let alpha = f64::from(c.f("alpha", 1.0));
            let x = c.float(0)?;
            let mask = x.greater_scalar(alpha);
            let zero = Float::full(0.0, x.shape().to_vec(), x.elem, c.device);
            one(x.select_where(mask, zero))
        }),
    ]
}

fn leaky_relu<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let slope = f64::from(c.f("alpha", 0.01));
    let x = c.float(0)?;
    let mask = x.greater_scalar(0.0);
    let below = x.clone().mul_scalar(slope);
    one(x.select_where(mask, below))
}

fn prelu<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let x = match c.value(0)? {
        Value::Host(x) => return prelu_host(c, &x),
        x => x.float()?,
    };
    let mut slope = c.float(1)?;
    if c.opset() < 7 && x.rank() > 1 && slope.shape() == [x.shape()[1]] {
        // One slope a channel.
        let mut dims = vec![1; x.rank()];
        dims[1] = slope.numel();
        slope = slope.reshape(dims);
    }
    let below = x.clone().mul(slope)?;
    if below.shape() != x.shape() {
        return Err(OpError::bad("the slope does not broadcast to the input"));
    }
    let mask = x.greater_scalar(0.0);
    one(x.select_where(mask, below))
}

fn prelu_host<B: Backend>(c: &mut Call<'_, B>, x: &Host) -> Out<B> {
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
fn shrink<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let (lambd, bias) = (f64::from(c.f("lambd", 0.5)), f64::from(c.f("bias", 0.0)));
    match c.value(0)? {
        Value::Float(x) => {
            let (above, below) = (x.greater_scalar(lambd), x.clone().mul_scalar(-1.0).greater_scalar(lambd));
            let zero = Float::full(0.0, x.shape().to_vec(), x.elem, c.device);
            let low = x.clone().add_scalar(bias).select_where(below, zero);
            one(x.add_scalar(-bias).select_where(above, low))
        }
        Value::Host(x) => {
            let moved = |&v: &i64| {
                let f = v as f64;
                if f < -lambd {
                    x.elem.wrap((f + bias) as i64)
                } else if f > lambd {
                    x.elem.wrap((f - bias) as i64)
                } else {
                    0
                }
            };
            let data = x.data.iter().map(moved).collect();
            one_host(Host::new(x.shape.clone(), x.elem, data))
        }
        other => Err(other.refuse()),
    }
}

/// `gamma * (x > 0 ? x : alpha * (exp(x / scale) - 1))`.
fn elu<B: Backend>(x: Float<B>, alpha: f64, gamma: f64, scale: f64) -> Result<Float<B>, OpError> {
    if scale == 0.0 {
        return Err(OpError::bad("alpha is zero"));
    }
    let mask = x.greater_scalar(0.0);
    // The clamp keeps the branch not taken finite, so that its gradient is zero and not NaN.
    let below = x
        .clone()
        .clamp_max(0.0)
        .mul_scalar(1.0 / scale)
        .map(B::float_exp)
        .add_scalar(-1.0)
        .mul_scalar(alpha);
    Ok(x.select_where(mask, below).mul_scalar(gamma))
}

/// `ln(1 + exp(x))`, without overflow.
fn softplus<B: Backend>(x: Float<B>) -> Float<B> {
    x.mul_scalar(-1.0).map(B::log_sigmoid).mul_scalar(-1.0)
}
