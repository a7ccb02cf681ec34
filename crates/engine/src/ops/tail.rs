//! What a planner joined behind a convolution or a product: bias, batch norm, residual, activation.

use std::sync::Arc;

use glassboard_kernels::activation::Activation;
use glassboard_kernels::epilogue::{Epilogue, Norm};
use glassboard_kernels::unary::Unary;

use super::{Call, batch_norm};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::plan::Fused;
use crate::value::Plain;

/// The constants of what follows, and the activation; made once for a node.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bias: Option<Vec<f32>>,
    norm: Option<Normed>,
    activation: Activation,
}

#[derive(Debug)]
struct Normed {
    mean: Vec<f32>,
    gain: Vec<f32>,
    bias: Vec<f32>,
}

/// A constant of one element a channel.
fn vector(plain: Option<Plain>, channels: usize) -> Option<Vec<f32>> {
    let plain = plain.filter(|p| p.shape.last() == Some(&channels) && p.numel() == channels)?;
    plain.as_floats().map(<[f32]>::to_vec)
}

impl Tail {
    /// The tail of a node with `channels` channels whose own bias is `bias`, made once for the node as
    /// it was joined. `None` where its constants do not fit: then the steps are done one by one, as the
    /// graph says.
    pub fn of<B: Engine>(c: &Call<'_, B>, bias: Option<&[f32]>, channels: usize) -> Option<Arc<Self>> {
        let Some(fused) = &c.node.fused else {
            let bias = bias.map(<[f32]>::to_vec);
            return Some(Arc::new(Self {
                bias,
                ..Self::default()
            }));
        };
        fused
            .prepared
            .get(|| Self::joined(c, fused, bias, channels).ok_or(()))
            .ok()
    }

    fn joined<B: Engine>(c: &Call<'_, B>, fused: &Fused, bias: Option<&[f32]>, channels: usize) -> Option<Self> {
        let mut tail = Self {
            bias: bias.map(<[f32]>::to_vec),
            activation: fused.activation,
            ..Self::default()
        };
        if let Some(i) = fused.bias {
            tail.bias = Some(vector(c.constant(i), channels)?);
        }
        if let Some(norm) = &fused.norm {
            let at = |k: usize| vector(c.constant(norm.first + k), channels);
            let (scale, bias, mean, variance) = (at(0)?, at(1)?, at(2)?, at(3)?);
            let gain = batch_norm::gains(&scale, &variance, norm.epsilon);
            tail.norm = Some(Normed { mean, gain, bias });
        }
        Some(tail)
    }

    /// For a kernel's forward pass.
    pub fn epilogue<'a>(&'a self, residual: Option<&'a [f32]>) -> Epilogue<'a> {
        Epilogue {
            bias: self.bias.as_deref(),
            norm: self.norm.as_ref().map(|n| Norm {
                mean: &n.mean,
                gain: &n.gain,
                bias: &n.bias,
            }),
            residual,
            activation: self.activation,
        }
    }

    /// Whether the backward pass reads the output.
    pub fn reads_output(&self) -> bool {
        self.activation != Activation::Identity
    }

    /// The gradient behind the activation, which is that of the residual, from the output `y`.
    pub fn behind_activation(&self, y: Option<&[f32]>, gradient: &[f32]) -> Vec<f32> {
        match y {
            Some(y) => self.activation.backward(y, gradient),
            None => gradient.to_vec(),
        }
    }

    /// The gradient behind the batch norm, whose channels are `inner` elements long and come again and
    /// again.
    pub fn behind_norm(&self, gradient: &mut [f32], inner: usize) {
        let Some(norm) = &self.norm else { return };
        let planes = gradient.chunks_exact_mut(inner.max(1));
        for (plane, gain) in planes.zip(norm.gain.iter().cycle()) {
            for g in plane {
                *g *= gain;
            }
        }
    }
}

/// The steps of `fused` one by one, by the operators' own functions: for values that a kernel does not
/// take (64 bits, a residual or a bias of another shape).
pub(super) fn one_by_one<B: Engine>(c: &mut Call<'_, B>, y: Float<B>, fused: &Fused) -> Result<Float<B>, OpError> {
    let mut y = y;
    if let Some(norm) = &fused.norm {
        let [scale, bias, mean, variance] = [0, 1, 2, 3].map(|k| c.float(norm.first + k));
        y = batch_norm::inference(y, (scale?, bias?, mean?, variance?), f64::from(norm.epsilon))?;
    }
    // A bias and a residual are of this node alone, in the order in which they were joined.
    let mut sums: Vec<usize> = fused.bias.iter().chain(&fused.residual).copied().collect();
    sums.sort_unstable();
    for i in sums {
        let other = c.float(i)?;
        c.reserve(&crate::value::broadcast(y.shape(), other.shape())?)?;
        y = y.add(other)?;
    }
    Ok(activated(y, fused.activation))
}

fn activated<B: Engine>(y: Float<B>, activation: Activation) -> Float<B> {
    let f = match activation {
        Activation::Identity => return y,
        Activation::Relu => Unary::Relu,
        Activation::Clip { low, high } => Unary::Clip {
            low: f64::from(low),
            high: f64::from(high),
        },
        Activation::LeakyRelu { slope } => Unary::LeakyRelu { alpha: slope },
        Activation::Sigmoid => Unary::Sigmoid,
        Activation::Tanh => Unary::Tanh,
        Activation::Silu => Unary::Swish { alpha: 1.0 },
        Activation::HardSwish => Unary::HardSwish,
        Activation::Gelu(form) => Unary::Gelu(form),
    };
    y.unary(f)
}
