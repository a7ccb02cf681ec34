//! Normalisations, with the statistics that inference uses.

use burn_backend::Backend;

use super::{Call, Entry, Grad, Out, axis, one};
use crate::error::OpError;
use crate::float::Float;
use crate::shapes::{Fact, Inferred, Site, rules};
use crate::value::Value;

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("norm", op, Grad::Yes, run).shape(rules::same);
    vec![
        e("BatchNormalization", batch_norm).shape(batch_shape),
        e("InstanceNormalization", instance_norm),
        e("GroupNormalization", group_norm),
        e("LayerNormalization", layer_norm).shape(layer_shape),
        e("RMSNormalization", rms_norm),
        e("LpNormalization", lp_norm),
        e("LRN", lrn),
        e("MeanVarianceNormalization", mean_variance_norm),
    ]
}

/// `[c]` as `[1, c, 1, ...]`.
fn per_channel<B: Backend>(v: Float<B>, channels: usize, rank: usize) -> Result<Float<B>, OpError> {
    if v.numel() != channels {
        return Err(OpError::bad(format!(
            "a parameter of shape {:?} does not fit {channels} channels",
            v.shape()
        )));
    }
    let mut dims = vec![1; rank.max(2)];
    dims[1] = channels;
    Ok(v.reshape(dims))
}

fn batch_norm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = f64::from(c.f("epsilon", 1e-5));
    // Before operator set 14 training was told by the extra outputs being there.
    let training = if c.opset() < 14 {
        c.opset() >= 7 && c.node.outputs.iter().skip(1).any(Option::is_some)
    } else {
        c.int("training_mode", 0) != 0
    };
    let mut x = c.float(0)?;
    let given = x.shape().to_vec();
    if x.rank() == 1 {
        // One dimension is a batch of one channel.
        x = x.reshape(vec![given[0], 1]);
    }
    if x.rank() < 2 {
        return Err(OpError::bad("expected a channel axis"));
    }
    let elem = x.elem;
    let [scale, bias, mut mean, mut variance] =
        [c.float(1)?, c.float(2)?, c.float(3)?, c.float(4)?].map(|v| v.cast_like(elem));
    let mut running = Vec::new();
    if training && x.numel() > 0 {
        let keep = f64::from(c.f("momentum", 0.9));
        let over: Vec<usize> = (0..x.rank()).filter(|&a| a != 1).collect();
        let (m, v) = moments(x.clone(), &over, x.shape()[1])?;
        let blend = |old: Float<B>, new: &Float<B>| old.mul_scalar(keep).add(new.clone().mul_scalar(1.0 - keep));
        running = vec![
            Value::Float(blend(mean, &m)?),
            Value::Float(blend(variance, &v)?),
        ];
        (mean, variance) = (m, v);
    }
    let y = inference(x, (scale, bias, mean, variance), epsilon)?;
    let mut outputs = vec![Value::Float(y.reshape(given))];
    outputs.append(&mut running);
    Ok(outputs)
}

/// Batch norm of `[batch, channels, ...]` by scale, bias, mean and variance.
pub(super) fn inference<B: Backend>(
    x: Float<B>,
    (scale, bias, mean, variance): (Float<B>, Float<B>, Float<B>, Float<B>),
    epsilon: f64,
) -> Result<Float<B>, OpError> {
    let (channels, rank) = (x.shape()[1], x.rank());
    let gain = scale.div(variance.add_scalar(epsilon).map(B::float_sqrt))?;
    // Centred first: where the result is near zero, which is where a rectifier decides, this loses
    // less than folding the mean into the bias.
    x.sub(per_channel(mean, channels, rank)?)?
        .mul(per_channel(gain, channels, rank)?)?
        .add(per_channel(bias, channels, rank)?)
}

/// Mean and variance over `over`, one of each for the `kept` positions of the other axes.
fn moments<B: Backend>(x: Float<B>, over: &[usize], kept: usize) -> Result<(Float<B>, Float<B>), OpError> {
    let elem = x.elem;
    let mean_of = |t: Float<B>| Float::wrap(B::float_mean_dim(t.prim, 1), vec![kept, 1], elem);
    let x = x.matrix_over(over);
    let mean = mean_of(x.clone());
    let centred = x.sub(mean.clone())?;
    let var = mean_of(centred.clone().mul(centred)?);
    Ok((mean.reshape(vec![kept]), var.reshape(vec![kept])))
}

fn mean_variance_norm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let given = c.ints("axes").unwrap_or_else(|| vec![0, 2, 3]);
    let over = super::axes(&given, x.rank())?;
    let dims: Vec<usize> = x
        .shape()
        .iter()
        .enumerate()
        .map(|(i, &d)| if over.contains(&i) { 1 } else { d })
        .collect();
    if x.numel() == 0 {
        return one(x);
    }
    let (mean, var) = moments(x.clone(), &over, dims.iter().product())?;
    // The specification's function adds this to the deviation.
    let below = var.map(B::float_sqrt).add_scalar(1e-9);
    one(x.sub(mean.reshape(dims.clone()))?.div(below.reshape(dims))?)
}

/// `(x - mean) / sqrt(var + epsilon)` over the second axis of a matrix.
fn standardise<B: Backend>(x: Float<B>, epsilon: f64, centre: bool) -> Result<Float<B>, OpError> {
    let (rows, elem) = (x.shape()[0], x.elem);
    let mean_of = |t: Float<B>| Float::wrap(B::float_mean_dim(t.prim, 1), vec![rows, 1], elem);
    let x = if centre {
        let mean = mean_of(x.clone());
        x.sub(mean)?
    } else {
        x
    };
    let var = mean_of(x.clone().mul(x.clone())?);
    x.div(var.add_scalar(epsilon).map(B::float_sqrt))
}

fn instance_norm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = f64::from(c.f("epsilon", 1e-5));
    let x = c.float(0)?;
    let shape = x.shape().to_vec();
    if shape.len() < 3 || x.numel() == 0 {
        return Err(OpError::bad("expected a spatial input"));
    }
    let rows = shape[0] * shape[1];
    let inner = x.numel() / rows;
    let y = standardise(x.reshape(vec![rows, inner]), epsilon, true)?.reshape(shape.clone());
    let (scale, bias) = (
        per_channel(c.float(1)?, shape[1], shape.len())?,
        per_channel(c.float(2)?, shape[1], shape.len())?,
    );
    one(y.mul(scale)?.add(bias)?)
}

fn group_norm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = f64::from(c.f("epsilon", 1e-5));
    let groups = usize::try_from(c.int("num_groups", 1)).unwrap_or(0);
    let x = c.float(0)?;
    let shape = x.shape().to_vec();
    if shape.len() < 2 || groups == 0 || !shape[1].is_multiple_of(groups) || x.numel() == 0 {
        return Err(OpError::bad(format!(
            "shape {shape:?} does not split into {groups} groups"
        )));
    }
    let rows = shape[0] * groups;
    let inner = x.numel() / rows;
    let y = standardise(x.reshape(vec![rows, inner]), epsilon, true)?.reshape(shape.clone());
    // Operator set 18 gave one parameter a group, 21 one a channel.
    let spread = |v: Float<B>| -> Result<Float<B>, OpError> {
        if v.numel() == groups && groups != shape[1] {
            let each = shape[1] / groups;
            let wide = v
                .reshape(vec![groups, 1])
                .expand(&[groups, each])
                .reshape(vec![shape[1]]);
            return per_channel(wide, shape[1], shape.len());
        }
        per_channel(v, shape[1], shape.len())
    };
    let (scale, bias) = (spread(c.float(1)?)?, spread(c.float(2)?)?);
    one(y.mul(scale)?.add(bias)?)
}

fn over_tail<B: Backend>(c: &mut Call<'_, B>, x: Float<B>, at: usize, centre: bool) -> Result<Float<B>, OpError> {
    let epsilon = f64::from(c.f("epsilon", 1e-5));
    let shape = x.shape().to_vec();
    let rows = shape[..at].iter().product();
    let inner = shape[at..].iter().product();
    if x.numel() == 0 {
        return Ok(x);
    }
    Ok(standardise(x.reshape(vec![rows, inner]), epsilon, centre)?.reshape(shape))
}

fn layer_norm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let at = axis(c.int("axis", -1), x.rank())?;
    let mut outputs = Vec::new();
    if c.node.outputs.iter().skip(1).any(Option::is_some) && x.numel() > 0 {
        let epsilon = f64::from(c.f("epsilon", 1e-5));
        let mut dims = x.shape().to_vec();
        dims[at..].fill(1);
        let over: Vec<usize> = (at..x.rank()).collect();
        let (mean, var) = moments(x.clone(), &over, dims.iter().product())?;
        let deviation = var.add_scalar(epsilon).map(B::float_sqrt).map(B::float_recip);
        outputs = vec![
            Value::Float(mean.reshape(dims.clone())),
            Value::Float(deviation.reshape(dims)),
        ];
    }
    let mut y = over_tail(c, x, at, true)?.mul(c.float(1)?)?;
    if let Some(bias) = c.opt_float(2)? {
        y = y.add(bias)?;
    }
    outputs.insert(0, Value::Float(y));
    Ok(outputs)
}

fn rms_norm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let at = axis(c.int("axis", -1), x.rank())?;
    one(over_tail(c, x, at, false)?.mul(c.float(1)?)?)
}

fn lp_norm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let p = c.int("p", 2);
    let x = c.float(0)?;
    let at = axis(c.int("axis", -1), x.rank())?;
    let mut shape = x.shape().to_vec();
    shape[at] = 1;
    let elem = x.elem;
    let sum = |t: Float<B>| Float::<B>::wrap(B::float_sum_dim(t.prim, at), shape.clone(), elem);
    let norm = match p {
        1 => sum(x.clone().map(B::float_abs)),
        2 => {
            let squares = sum(x.clone().mul(x.clone())?);
            let some = squares.greater_scalar(0.0);
            let zero = Float::<B>::full(0.0, shape.clone(), elem, c.device);
            let full = Float::<B>::full(1.0, shape.clone(), elem, c.device);
            // The root is taken of ones where there is nothing, whose gradient is finite.
            let root = squares.select_where(some.clone(), full).map(B::float_sqrt);
            root.select_where(some, zero)
        }
        _ => return Err(OpError::bad(format!("p is {p}, expected 1 or 2"))),
    };
    // Where everything is zero so is the result.
    let some = norm.greater_scalar(0.0);
    let full = Float::<B>::full(1.0, shape.clone(), elem, c.device);
    one(x.div(norm.select_where(some, full))?)
}

fn lrn<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let (alpha, beta, bias) = (
        f64::from(c.f("alpha", 1e-4)),
        f64::from(c.f("beta", 0.75)),
        f64::from(c.f("bias", 1.0)),
    );
    let size = usize::try_from(c.int("size", 1)).unwrap_or(0);
    let x = c.float(0)?;
    if x.rank() < 2 || size == 0 || size > x.shape()[1].max(1) * 2 + 1 {
        return Err(OpError::bad("expected channels and a window size that fits them"));
    }
    let channels = x.shape()[1];
    let mut pads = vec![(0, 0); x.rank()];
    pads[1] = ((size - 1) / 2, size / 2);
    let square = x.clone().mul(x.clone())?.pad(&pads, 0.0);
    let mut sum: Option<Float<B>> = None;
    for k in 0..size {
        let mut range: Vec<(usize, usize)> = square.shape().iter().map(|&d| (0, d)).collect();
        range[1] = (k, k + channels);
        let part = square.clone().narrow(&range);
        sum = Some(match sum {
            None => part,
            Some(s) => s.add(part)?,
        });
    }
    let sum = sum.ok_or_else(|| OpError::bad("the window is empty"))?;
    let below = sum
        .mul_scalar(alpha / size as f64)
        .add_scalar(bias)
        .map(|t| B::float_powf_scalar(t, burn_backend::Scalar::Float(beta)));
    one(x.div(below)?)
}

/// The second and third output hold mean and deviation of each row.
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

/// In training the second and third output are the running statistics.
fn batch_shape(s: &Site<'_>) -> Inferred {
    let mut outputs = rules::same(s)?;
    for i in 3..5 {
        let fact = s.fact(i).cloned().unwrap_or_default();
        outputs.push(Fact { content: None, ..fact });
    }
    Ok(outputs)
}
