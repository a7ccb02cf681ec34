//! Batch normalisation: by the statistics the model was trained with, or by the batch's own.

use glassboard_kernels::binary::Shaped;
use glassboard_kernels::norm;
use glassboard_kernels::reduce::{self, Reduce};
use glassboard_kernels::reference;
use glassboard_kernels::unary::Unary;

use super::{Call, Entry, Grad, Out, one, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::{Fact, Inferred, Site, rules};
use crate::value::Value;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![Entry::new("batch_norm", "BatchNormalization", Grad::Yes, run).shape(shape)]
}

fn run<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let epsilon = c.f("epsilon", 1e-5);
    let x = c.float(0)?;
    let given = x.shape().to_vec();
    // One dimension is a batch of one channel.
    let x = if given.len() == 1 {
        x.reshape(vec![given[0], 1])
    } else {
        x
    };
    if x.rank() < 2 {
        return Err(OpError::bad("expected a channel axis"));
    }
    let channels = x.shape()[1];
    let mut parameters = Vec::with_capacity(4);
    for i in 1..5 {
        let v = c.float(i)?;
        if v.numel() != channels {
            return Err(OpError::bad(format!(
                "input {i} of shape {:?} does not fit {channels} channels",
                v.shape()
            )));
        }
        parameters.push(v.reshape(vec![channels]));
    }
    // In training mean and variance are those of the batch, whatever the node was given.
    let fixed = !training(c) && (1..5).all(|i| c.is_constant(i));
    let operation = BatchNorm {
        epsilon: f64::from(epsilon),
        fixed,
    };
    if !training(c) || x.numel() == 0 {
        let inputs = [vec![x], parameters].concat();
        return one(operate(operation, inputs).reshape(given));
    }
    let momentum = f64::from(c.f("momentum", 0.9));
    let axes: Vec<usize> = (0..x.rank()).filter(|&i| i != 1).collect();
    let mean = x.clone().reduce(Reduce::Mean, axes.clone(), false);
    let mut dims = vec![1; x.rank()];
    dims[1] = channels;
    let centred = x.clone().sub(mean.clone().reshape(dims))?;
    let square = centred.unary(Unary::Power { exponent: 2.0 });
    let variance = square.reduce(Reduce::Mean, axes, false);
    let running = |old: &Float<B>, new: &Float<B>| {
        let kept = old.clone().mul_scalar(momentum);
        kept.add(new.clone().mul_scalar(1.0 - momentum))
    };
    let running = [running(&parameters[2], &mean)?, running(&parameters[3], &variance)?];
    parameters.truncate(2);
    parameters.extend([mean, variance]);
    let inputs = [vec![x], parameters].concat();
    let y = operate(operation, inputs);
    Ok([y.reshape(given)]
        .into_iter()
        .chain(running)
        .map(Value::Float)
        .collect())
}

/// Before operator set 14 training was told by the extra outputs being there.
fn training<B: Engine>(c: &Call<'_, B>) -> bool {
    if c.opset() < 14 {
        return c.opset() >= 7 && c.node.outputs.iter().skip(1).any(Option::is_some);
    }
    c.int("training_mode", 0) != 0
}

/// Batch norm of `[batch, channels, ...]` by constant scale, bias, mean and variance.
pub(super) fn inference<B: Engine>(
    x: Float<B>,
    (scale, bias, mean, variance): (Float<B>, Float<B>, Float<B>, Float<B>),
    epsilon: f64,
) -> Result<Float<B>, OpError> {
    let channels = x.shape().get(1).copied();
    let parameters = [scale, bias, mean, variance];
    if parameters.iter().any(|p| Some(p.numel()) != channels) {
        return Err(OpError::bad("a parameter of a batch norm does not fit the channels"));
    }
    let inputs = std::iter::once(x).chain(parameters).collect();
    Ok(operate(BatchNorm { epsilon, fixed: true }, inputs))
}

/// `(x - mean) * (scale / sqrt(variance + epsilon)) + bias` per channel of `[batch, channels, ...]`; inputs
/// in the order `x`, scale, bias, mean, variance.
#[derive(Debug)]
struct BatchNorm {
    epsilon: f64,
    /// No gradient reaches the parameters, so `x` need not be kept.
    fixed: bool,
}

impl BatchNorm {
    fn gain<T: Copy>(&self, scale: &[T], variance: &[T], f: impl Fn(T, T, f64) -> T) -> Vec<T> {
        let pairs = scale.iter().zip(variance);
        pairs.map(|(s, v)| f(*s, *v, self.epsilon)).collect()
    }
}

/// `scale / sqrt(variance + epsilon)` per channel.
pub(super) fn gains(scale: &[f32], variance: &[f32], epsilon: f32) -> Vec<f32> {
    let pairs = scale.iter().zip(variance);
    pairs.map(|(s, v)| single(*s, *v, f64::from(epsilon))).collect()
}

fn single(scale: f32, variance: f32, epsilon: f64) -> f32 {
    (f64::from(scale) / (f64::from(variance) + epsilon).sqrt()) as f32
}

fn inner(shape: &[usize]) -> usize {
    shape[2..].iter().product()
}

impl Operation for BatchNorm {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map(|i| inputs[i].data);
        let gain = self.gain(scale, variance, single);
        norm::with_statistics(x, inner(inputs[0].shape), mean, &gain, bias)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map(|i| inputs[i].data);
        let gain = self.gain(scale, variance, |s, v, epsilon| s / (v + epsilon).sqrt());
        reference::norm::with_statistics(x, inner(inputs[0].shape), mean, &gain, bias)
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: if self.fixed { vec![1, 4] } else { vec![0, 1, 3, 4] },
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let [x, scale, _, mean, variance] = [0, 1, 2, 3, 4].map(|i| trace.inputs[i].map_or(&[][..], |x| x.data));
        let (g, shape) = (trace.gradient.data, &trace.shapes[0]);
        let gain = self.gain(scale, variance, single);
        let none = vec![0.0; gain.len()];
        let dx = norm::with_statistics(g, inner(shape), &none, &gain, &none);
        if self.fixed {
            return vec![Some(dx), None, None, None, None];
        }
        let axes: Vec<usize> = (0..shape.len()).filter(|&i| i != 1).collect();
        let sum = |v: &[f32]| reduce::forward(Reduce::Sum, Shaped::new(v, shape), &axes);
        let ones = vec![1.0; gain.len()];
        let centred = norm::with_statistics(x, inner(shape), mean, &ones, &none);
        let along: Vec<f32> = centred.iter().zip(g).map(|(x, g)| x * g).collect();
        let (along, plain) = (sum(&along), sum(g));
        let each = |f: &dyn Fn(usize) -> f32| Some((0..gain.len()).map(f).collect());
        let wide = |i: usize| (f64::from(variance[i]) + self.epsilon) as f32;
        vec![
            Some(dx),
            each(&|i| along[i] / wide(i).sqrt()),
            Some(plain.clone()),
            each(&|i| -gain[i] * plain[i]),
            each(&|i| -0.5 * gain[i] * along[i] / wide(i)),
        ]
    }
}

/// In training the running mean and variance follow.
fn shape(s: &Site<'_>) -> Inferred {
    let mut outputs = rules::same(s)?;
    if let (true, Ok(x)) = (s.int("training_mode", 0) != 0, s.shape(0)) {
        let channels = x.get(1).cloned().into_iter().collect::<Vec<_>>();
        outputs.extend([3, 4].map(|i| Fact::new(s.elem(i), channels.clone())));
    }
    Ok(outputs)
}
