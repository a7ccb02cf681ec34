//! Functions of one number, element by element.
//!
//! A function is one row of the table in [`activation`] or [`elementary`]: its value, and its slope
//! written from the input or, where that is cheaper, from the value. [`Unary`] names it at run time.

mod activation;
mod elementary;

use crate::gelu::Form;
use crate::parallel::{self, Body, PIECE};

/// One function: what a loop needs to know.
pub(crate) trait Function: Copy + Sync {
    /// Whether `slope` takes the value instead of the input.
    const FROM_VALUE: bool;
    /// `f(x)`. Inlined always.
    fn value(self, x: f32) -> f32;
    /// `f'` at the point whose input (or value, see above) is `v`. Inlined always.
    fn slope(self, v: f32) -> f32;
}

/// Something to do with a function once its type is known.
trait Visit {
    type Answer;
    fn visit<F: Function>(self, f: F) -> Self::Answer;
}

/// One row: a struct of the parameters with its [`Function`]. `input` and `value` say what the slope
/// is written from.
macro_rules! function {
    (@from input) => { false };
    (@from value) => { true };
    ($name:ident { $($field:ident),* } |$x:ident| $value:expr, $from:ident |$v:ident| $slope:expr) => {
        #[derive(Clone, Copy)]
        pub(super) struct $name {
            $(pub(super) $field: f32,)*
        }

        impl $crate::unary::Function for $name {
            const FROM_VALUE: bool = $crate::unary::function!(@from $from);

            #[inline(always)]
            fn value(self, $x: f32) -> f32 {
                let Self { $($field),* } = self;
                $value
            }

            #[inline(always)]
            fn slope(self, $v: f32) -> f32 {
                let Self { $($field),* } = self;
                $(let _ = $field;)*
                $slope
            }
        }
    };
}
use function;

/// What a slope is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// The function's input.
    Input,
    /// Its output.
    Output,
    /// Neither: any array of the size of the gradient will do.
    Nothing,
}

/// A function by name, with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unary {
    /// `max(x, 0)`.
    Relu,
    /// `x` above zero, `alpha * x` below.
    LeakyRelu {
        /// Slope below zero.
        alpha: f32,
    },
    /// `x` above `alpha`, else zero.
    ThresholdedRelu {
        /// The threshold.
        alpha: f32,
    },
    /// `gamma * x` above zero, `gamma * alpha * (exp(x / scale) - 1)` below: ELU, SELU and CELU.
    Elu {
        /// Depth of the part below zero.
        alpha: f32,
        /// Factor of everything.
        gamma: f32,
        /// Width of the part below zero.
        scale: f32,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `clamp(alpha * x + beta, 0, 1)`.
    HardSigmoid {
        /// Slope.
        alpha: f32,
        /// Offset.
        beta: f32,
    },
    /// `x * clamp(x / 6 + 1 / 2, 0, 1)`.
    HardSwish,
    /// `x * sigmoid(alpha * x)`; `SiLU` where `alpha` is one.
    Swish {
        /// Steepness of the gate.
        alpha: f32,
    },
    /// `x * tanh(softplus(x))`.
    Mish,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x / (1 + |x|)`.
    Softsign,
    /// GELU.
    Gelu(Form),
    /// `clamp(x, low, high)`; infinities where there is no bound.
    Clip {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// `x + bias` below `-lambd`, `x - bias` above `lambd`, zero between.
    Shrink {
        /// Half the width of the zero.
        lambd: f32,
        /// What is taken away outside.
        bias: f32,
    },
    /// `scale * x + offset`.
    Linear {
        /// Factor.
        scale: f64,
        /// Offset.
        offset: f64,
    },
    /// `x ^ exponent`.
    Power {
        /// The exponent.
        exponent: f64,
    },
    /// `|x|`.
    Abs,
    /// `-x`.
    Neg,
    /// `1 / x`.
    Reciprocal,
    /// `exp(x)`.
    Exp,
    /// `ln(x)`.
    Log,
    /// `sqrt(x)`.
    Sqrt,
    /// The error function.
    Erf,
    /// `tanh(x)`.
    Tanh,
    /// `sin(x)`.
    Sin,
    /// `cos(x)`.
    Cos,
    /// `tan(x)`.
    Tan,
    /// `asin(x)`.
    Asin,
    /// `acos(x)`.
    Acos,
    /// `atan(x)`.
    Atan,
    /// `sinh(x)`.
    Sinh,
    /// `cosh(x)`.
    Cosh,
    /// `asinh(x)`.
    Asinh,
    /// `acosh(x)`.
    Acosh,
    /// `atanh(x)`.
    Atanh,
    /// The largest whole number not above.
    Floor,
    /// The smallest whole number not below.
    Ceil,
    /// The nearest whole number, halves to even.
    Round,
    /// -1, 0 or 1; NaN stays.
    Sign,
}

impl Unary {
    fn with<V: Visit>(self, v: V) -> V::Answer {
        use activation as a;
        use elementary as e;
        match self {
            Self::Relu => v.visit(a::Relu {}),
            Self::LeakyRelu { alpha } => v.visit(a::LeakyRelu { alpha }),
            Self::ThresholdedRelu { alpha } => v.visit(a::ThresholdedRelu { alpha }),
            Self::Elu { alpha, gamma, scale } => v.visit(a::Elu { alpha, gamma, scale }),
            Self::Sigmoid => v.visit(a::Sigmoid {}),
            Self::HardSigmoid { alpha, beta } => v.visit(a::HardSigmoid { alpha, beta }),
            Self::HardSwish => v.visit(a::HardSwish {}),
            Self::Swish { alpha } => v.visit(a::Swish { alpha }),
            Self::Mish => v.visit(a::Mish {}),
            Self::Softplus => v.visit(a::Softplus {}),
            Self::Softsign => v.visit(a::Softsign {}),
            Self::Gelu(Form::Exact) => v.visit(crate::gelu::Exact),
            Self::Gelu(Form::Tanh) => v.visit(crate::gelu::Approximate),
            Self::Clip { low, high } => v.visit(a::Clip {
                low: low as f32,
                high: high as f32,
            }),
            Self::Shrink { lambd, bias } => v.visit(a::Shrink { lambd, bias }),
            Self::Linear { scale, offset } => v.visit(e::Linear {
                scale: scale as f32,
                offset: offset as f32,
            }),
            Self::Power { exponent: 2.0 } => v.visit(e::Square {}),
            Self::Power { exponent: 3.0 } => v.visit(e::Cube {}),
            Self::Power { exponent: 0.5 } | Self::Sqrt => v.visit(e::Sqrt {}),
            Self::Power { exponent: -1.0 } | Self::Reciprocal => v.visit(e::Reciprocal {}),
            Self::Power { exponent } => v.visit(e::Power {
                exponent: exponent as f32,
            }),
            Self::Abs => v.visit(e::Abs {}),
            Self::Neg => v.visit(e::Neg {}),
            Self::Exp => v.visit(e::Exp {}),
            Self::Log => v.visit(e::Log {}),
            Self::Erf => v.visit(e::Erf {}),
            Self::Tanh => v.visit(e::Tanh {}),
            Self::Sin => v.visit(e::SIN),
            Self::Cos => v.visit(e::COS),
            Self::Tan => v.visit(e::TAN),
            Self::Asin => v.visit(e::ASIN),
            Self::Acos => v.visit(e::ACOS),
            Self::Atan => v.visit(e::ATAN),
            Self::Sinh => v.visit(e::SINH),
            Self::Cosh => v.visit(e::COSH),
            Self::Asinh => v.visit(e::ASINH),
            Self::Acosh => v.visit(e::ACOSH),
            Self::Atanh => v.visit(e::ATANH),
            Self::Floor => v.visit(e::FLOOR),
            Self::Ceil => v.visit(e::CEIL),
            Self::Round => v.visit(e::ROUND),
            Self::Sign => v.visit(e::Sign {}),
        }
    }

    /// What [`backward`] reads.
    pub fn slope_reads(self) -> Reads {
        struct Ask;
        impl Visit for Ask {
            type Answer = Reads;
            fn visit<F: Function>(self, _: F) -> Reads {
                if F::FROM_VALUE { Reads::Output } else { Reads::Input }
            }
        }
        match self {
            Self::Linear { .. } | Self::Neg | Self::Floor | Self::Ceil | Self::Round | Self::Sign => Reads::Nothing,
            _ => self.with(Ask),
        }
    }
}

/// `y = f(x)`.
pub fn forward(f: Unary, x: &[f32]) -> Vec<f32> {
    f.with(Forward(x))
}

struct Forward<'a>(&'a [f32]);

impl Visit for Forward<'_> {
    type Answer = Vec<f32>;
    fn visit<F: Function>(self, f: F) -> Vec<f32> {
        parallel::collect(self.0.len(), PIECE, &Values { f, x: self.0 })
    }
}

struct Values<'a, F> {
    f: F,
    x: &'a [f32],
}

impl<F: Function> Body<f32> for Values<'_, F> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f32]) {
        for (x, y) in self.x[start..start + y.len()].iter().zip(y) {
            *y = self.f.value(*x);
        }
    }
}

/// `dx = gradient * f'`, where `kept` is what [`Unary::slope_reads`] says.
///
/// # Panics
/// Where the slices differ in length.
pub fn backward(f: Unary, kept: &[f32], gradient: &[f32]) -> Vec<f32> {
    assert_eq!(kept.len(), gradient.len());
    f.with(Backward(kept, gradient))
}

struct Backward<'a>(&'a [f32], &'a [f32]);

impl Visit for Backward<'_> {
    type Answer = Vec<f32>;
    fn visit<F: Function>(self, f: F) -> Vec<f32> {
        let body = Slopes {
            f,
            kept: self.0,
            gradient: self.1,
        };
        parallel::collect(self.0.len(), PIECE, &body)
    }
}

struct Slopes<'a, F> {
    f: F,
    kept: &'a [f32],
    gradient: &'a [f32],
}

impl<F: Function> Body<f32> for Slopes<'_, F> {
    #[inline(always)]
    fn run(&self, start: usize, dx: &mut [f32]) {
        let at = start..start + dx.len();
        for ((v, g), dx) in self.kept[at.clone()].iter().zip(&self.gradient[at]).zip(dx) {
            *dx = g * self.f.slope(*v);
        }
    }
}
