//! Element-wise functions that a product or a convolution can apply to its result on the way out: those
//! of [`crate::unary`] that networks put there, with the same bits.

use pulp::{Simd, WithSimd};

use crate::unary::{self, Function, Unary};
use crate::{gelu, vector};

/// An element-wise function.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Activation {
    /// `x`.
    #[default]
    Identity,
    /// `max(x, 0)`; NaN stays NaN.
    Relu,
    /// `min(max(x, low), high)`; NaN stays NaN.
    Clip {
        /// Lower limit.
        low: f32,
        /// Upper limit.
        high: f32,
    },
    /// `x` where it is positive, else `slope * x`.
    LeakyRelu {
        /// The factor below zero.
        slope: f32,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x * sigmoid(x)`, also called Swish.
    Silu,
    /// `x * min(max(x / 6 + 1 / 2, 0), 1)`.
    HardSwish,
    /// The hyperbolic tangent.
    Tanh,
    /// GELU in either form.
    Gelu(gelu::Form),
}

impl Activation {
    /// Replaces every element by the function of it, on the best instruction set.
    pub fn run(self, y: &mut [f32]) {
        pulp::Arch::new().dispatch(Apply { activation: self, y });
    }

    /// The limits between which the function is `x`, where it is nothing else.
    pub(crate) fn limits(self) -> Option<(f32, f32)> {
        match self {
            Self::Identity => Some((f32::NEG_INFINITY, f32::INFINITY)),
            Self::Relu => Some((0.0, f32::INFINITY)),
            Self::Clip { low, high } => Some((low, high)),
            _ => None,
        }
    }

    /// Replaces every element by the function of it.
    #[inline(always)]
    pub(crate) fn apply<S: Simd>(self, simd: S, y: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => each(y, relu),
            // A function of its own, which all callers share: it is long.
            _ => simd.vectorize(Apply { activation: self, y }),
        }
    }
}

struct Apply<'a> {
    activation: Activation,
    y: &'a mut [f32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let y = self.y;
        match self.activation {
            Activation::Identity => {}
            Activation::Relu => each(y, relu),
            Activation::Clip { low, high } => each(y, |x| {
                let x = if x < low { low } else { x };
                if x > high { high } else { x }
            }),
            Activation::LeakyRelu { slope } => each(y, |x| if x > 0.0 { x } else { slope * x }),
            Activation::Sigmoid => each(y, vector::sigmoid),
            Activation::Silu => each(y, |x| x * vector::sigmoid(x)),
            Activation::HardSwish => each(y, |x| x * (x * (1.0 / 6.0) + 0.5).clamp(0.0, 1.0)),
            Activation::Tanh => each(y, vector::tanh),
            Activation::Gelu(gelu::Form::Exact) => each(y, |x| gelu::Exact.value(x)),
            Activation::Gelu(gelu::Form::Tanh) => each(y, |x| gelu::Approximate.value(x)),
        }
    }
}

#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// In fixed blocks, which become vectors whatever the length.
#[inline(always)]
fn each(y: &mut [f32], f: impl Fn(f32) -> f32) {
    let (blocks, rest) = y.as_chunks_mut::<16>();
    for block in blocks {
        for v in block {
            *v = f(*v);
        }
    }
    for v in rest {
        *v = f(*v);
    }
}

impl Activation {
    /// `gradient` times the derivative, element by element, from the output `y`; for functions whose
    /// derivative the output tells. For the others it is the caller's to keep the input.
    ///
    /// # Panics
    /// Where the slices differ in length.
    pub fn backward(self, y: &[f32], gradient: &[f32]) -> Vec<f32> {
        let f = match self {
            Self::Relu => Unary::Relu,
            // A limit that was reached passes nothing.
            Self::Clip { low, high } => Unary::Clip {
                low: f64::from(low.next_up()),
                high: f64::from(high.next_down()),
            },
            Self::LeakyRelu { slope } => Unary::LeakyRelu { alpha: slope },
            Self::Sigmoid => Unary::Sigmoid,
            Self::Tanh => Unary::Tanh,
            Self::Identity | Self::Silu | Self::HardSwish | Self::Gelu(_) => return gradient.to_vec(),
        };
        unary::backward(f, y, gradient)
    }
}
