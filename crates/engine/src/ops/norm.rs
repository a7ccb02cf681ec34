//! Normalisations, by the statistics of the data or by given ones.

use glassboard_kernels::norm::{self, Affine, Norm};
use glassboard_kernels::pool::Window;
use glassboard_kernels::reduce::Reduce;
use glassboard_kernels::reference;
use glassboard_kernels::unary::Unary;

use super::pool::{Kind, Pool};
use super::{Call, Entry, Grad, Out, axis, one, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::{Fact, Inferred, Site, rules};
use crate::value::Value;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("norm", op, Grad::Yes, run).shape(rules::same);
    vec![
        e("InstanceNormalization", instance_norm),
        e("GroupNormalization", group_norm),
        e("LayerNormalization", layer_norm).shape(layer_shape),
        e("RMSNormalization", rms_norm),
        e("MeanVarianceNormalization", mean_variance),
        e("LpNormalization", lp_norm),
        e("LRN", lrn),
    ]
}

/// Rows normalised by their own statistics; the inputs are `x`, gain and, if any, bias.
#[derive(Debug)]
struct ByRow(Norm);

impl Operation for ByRow {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        norm::forward(&self.0, inputs[0].data, inputs[1].data, inputs.get(2).map(|b| b.data))
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        reference::norm::forward(&self.0, inputs[0].data, inputs[1].data, inputs.get(2).map(|b| b.data))
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0, 1],
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let [x, gain] = [0, 1].map(|i| trace.inputs[i].map_or(&[][..], |x| x.data));
        let g = trace.gradient.data;
        let dx = trace.wanted[0].then(|| norm::backward(&self.0, x, gain, g));
        if !trace.wanted[1..].contains(&true) {
            return vec![dx, None, None];
        }
        let (gain, bias) = norm::backward_parameters(&self.0, x, g);
        vec![dx, Some(gain), Some(bias)]
    }
}

/// Runs the kernel; gain and bias have one number for each of the kernel's parameters.
fn by_row<B: Engine>(x: Float<B>, norm: Norm, gain: Float<B>, bias: Option<Float<B>>) -> Float<B> {
    if x.numel() == 0 {
        return x;
    }
    let mut inputs = vec![x, gain];
    inputs.extend(bias);
    operate(ByRow(norm), inputs)
}

/// A parameter as a vector of `n`; an error where it is something else.
fn vector<B: Engine>(v: Float<B>, n: usize) -> Result<Float<B>, OpError> {
    if v.numel() != n {
        return Err(OpError::bad(format!(
            "a parameter of shape {:?} does not fit {n} channels",
            v.shape()
        )));
    }
    Ok(v.reshape(vec![n]))
}

fn instance_norm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = c.f("epsilon", 1e-5);
    let x = c.float(0)?;
    if x.rank() < 3 || x.numel() == 0 {
        return Err(OpError::bad("expected a spatial input"));
    }
    let channels = x.shape()[1];
    let inner = x.shape()[2..].iter().product();
    let norm = Norm {
        width: inner,
        epsilon,
        centre: true,
        affine: Affine::Channel {
            groups: channels,
            inner,
        },
    };
    let (gain, bias) = (vector(c.float(1)?, channels)?, vector(c.float(2)?, channels)?);
    one(by_row(x, norm, gain, Some(bias)))
}

fn group_norm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = c.f("epsilon", 1e-5);
    let groups = usize::try_from(c.int("num_groups", 1)).unwrap_or(0);
    let x = c.float(0)?;
    let shape = x.shape().to_vec();
    if shape.len() < 2 || groups == 0 || !shape[1].is_multiple_of(groups) || x.numel() == 0 {
        return Err(OpError::bad(format!(
            "shape {shape:?} does not split into {groups} groups"
        )));
    }
    let channels = shape[1];
    let inner = shape[2..].iter().product();
    let norm = Norm {
        width: channels / groups * inner,
        epsilon,
        centre: true,
        affine: Affine::Channel { groups, inner },
    };
    // Operator set 18 gave one parameter a group, 21 one a channel.
    let spread = |v: Float<B>| {
        if v.numel() == groups && groups != channels {
            let each = channels / groups;
            let wide = v.reshape(vec![groups, 1]).expand(&[groups, each]);
            return vector(wide.reshape(vec![channels]), channels);
        }
        vector(v, channels)
    };
    let (gain, bias) = (spread(c.float(1)?)?, spread(c.float(2)?)?);
    one(by_row(x, norm, gain, Some(bias)))
}

/// The norm over the axes from `at` on, and its row's shape.
fn tail(shape: &[usize], at: usize, epsilon: f32, centre: bool) -> (Norm, Vec<usize>) {
    let row = shape[at..].to_vec();
    let norm = Norm {
        width: row.iter().product(),
        epsilon,
        centre,
        affine: Affine::Element,
    };
    (norm, row)
}

/// Normalises over the axes from `at` on and applies gain and bias, which broadcast to the input.
fn over_tail<B: Engine>(
    x: Float<B>,
    (norm, row): (Norm, Vec<usize>),
    gain: Float<B>,
    bias: Option<Float<B>>,
) -> Result<Float<B>, OpError> {
    let fits = |v: &Float<B>| {
        let joint = crate::value::broadcast(v.shape(), &row);
        joint.is_ok_and(|joint| joint == row)
    };
    let flat = |v: Float<B>| v.expand(&row).reshape(vec![norm.width]);
    if fits(&gain) && bias.as_ref().is_none_or(&fits) {
        return Ok(by_row(x, norm, flat(gain), bias.map(flat)));
    }
    // Parameters that differ from row to row.
    let ones = vec![1.0; norm.width];
    let device = burn_backend::TensorMetadata::device(&gain.prim);
    let ones = Float::from_vec(ones, vec![norm.width], x.elem, &device);
    let y = by_row(x, norm, ones, None).mul(gain)?;
    match bias {
        Some(bias) => y.add(bias),
        None => Ok(y),
    }
}

fn layer_norm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = c.f("epsilon", 1e-5);
    let x = c.float(0)?;
    let at = axis(c.int("axis", -1), x.rank())?;
    let (gain, bias) = (c.float(1)?, c.opt_float(2)?);
    let asked = |i: usize| c.node.outputs.get(i).is_some_and(Option::is_some);
    let statistics = if asked(1) || asked(2) {
        let (mean, deviation) = statistics(x.clone(), at, epsilon)?;
        vec![Value::Float(mean), Value::Float(deviation)]
    } else {
        Vec::new()
    };
    let norm = tail(x.shape(), at, epsilon, true);
    let y = over_tail(x, norm, gain, bias)?;
    Ok([Value::Float(y)].into_iter().chain(statistics).collect())
}

/// Mean and one over the deviation over the axes from `at` on.
fn statistics<B: Engine>(x: Float<B>, at: usize, epsilon: f32) -> Result<(Float<B>, Float<B>), OpError> {
    let axes: Vec<usize> = (at..x.rank()).collect();
    let mean = x.clone().reduce(Reduce::Mean, axes.clone(), true);
    let centred = x.sub(mean.clone())?;
    let square = centred.unary(Unary::Power { exponent: 2.0 });
    let variance = square.reduce(Reduce::Mean, axes, true);
    let scale = variance
        .add_scalar(f64::from(epsilon))
        .unary(Unary::Power { exponent: -0.5 });
    Ok((mean, scale))
}

fn rms_norm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = c.f("epsilon", 1e-5);
    let x = c.float(0)?;
    let at = axis(c.int("axis", -1), x.rank())?;
    let norm = tail(x.shape(), at, epsilon, false);
    let gain = c.float(1)?;
    one(over_tail(x, norm, gain, None)?)
}

/// `(x - mean) / (deviation + 1e-9)`, as the specification writes it.
fn mean_variance<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let given = c.ints("axes").unwrap_or_else(|| vec![0, 2, 3]);
    let x = c.float(0)?;
    let axes = super::axes(&given, x.rank())?;
    let mean = x.clone().reduce(Reduce::Mean, axes.clone(), true);
    let centred = x.sub(mean)?;
    let square = centred.clone().unary(Unary::Power { exponent: 2.0 });
    let deviation = square.reduce(Reduce::Mean, axes, true).unary(Unary::Sqrt);
    one(centred.div(deviation.add_scalar(1e-9))?)
}

/// A line of zeros stays zero.
fn lp_norm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let f = match c.int("p", 2) {
        1 => Reduce::L1,
        2 => Reduce::L2,
        p => return Err(OpError::bad(format!("p is {p}, expected 1 or 2"))),
    };
    let x = c.float(0)?;
    let at = axis(c.int("axis", -1), x.rank())?;
    let norm = x.clone().reduce(f, vec![at], true);
    let norm = norm.unary(Unary::Clip {
        low: f64::from(f32::MIN_POSITIVE),
        high: f64::INFINITY,
    });
    one(x.div(norm)?)
}

/// Local response normalisation (Krizhevsky et al., 2012): `x / (bias + alpha * mean of squares)^beta`
/// over a window of channels.
fn lrn<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (alpha, beta, bias) = (c.f("alpha", 1e-4), c.f("beta", 0.75), c.f("bias", 1.0));
    let size = usize::try_from(c.int("size", 1)).unwrap_or(0);
    let x = c.float(0)?;
    if x.rank() < 2 || x.numel() == 0 || size == 0 || size > x.shape()[1] * 2 + 1 {
        return Err(OpError::bad("expected channels and a window size that fits them"));
    }
    let shape = x.shape().to_vec();
    let (channels, inner) = (shape[1], shape[2..].iter().product());
    let window = Window {
        input: [1, channels, inner],
        output: [1, channels, inner],
        kernel: [1, size, 1],
        stride: [1; 3],
        dilation: [1; 3],
        pads: [(0, 0), ((size - 1) / 2, size / 2), (0, 0)],
    };
    let kind = Kind::Average { padding_too: true };
    let square = x.clone().unary(Unary::Power { exponent: 2.0 });
    let mean = operate(Pool { kind, window, shape }, vec![square]);
    let below = mean.unary(Unary::Linear {
        scale: f64::from(alpha),
        offset: f64::from(bias),
    });
    one(x.div(below.unary(Unary::Power {
        exponent: f64::from(beta),
    }))?)
}

fn layer_shape(s: &Site<'_>) -> Inferred {
    let x = s.fact(0)?;
    let mut outputs = rules::same(s)?;
    if let Some(shape) = &x.shape {
        let at = s.axis(-1, shape.len())?;
        let mut rows = shape[..at].to_vec();
        rows.resize(shape.len(), 1.into());
        outputs.extend([Fact::new(x.elem, rows.clone()), Fact::new(x.elem, rows)]);
    }
    Ok(outputs)
}
