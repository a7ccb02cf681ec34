//! [`crate::unary`] in `f64`.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use crate::gelu::Form;
use crate::unary::Unary;

/// The error function by its Maclaurin series, and by the continued fraction of `erfc` beyond 3.
pub fn erf(x: f64) -> f64 {
    if x.abs() < 3.0 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term.abs() > 1e-18 {
            n += 1.0;
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return sum * FRAC_2_SQRT_PI;
    }
    if x.is_nan() {
        return x;
    }
    let size = x.abs();
    let tail = (1..=60).rev().fold(size, |below, k| size + f64::from(k) / 2.0 / below);
    (1.0 - (-size * size).exp() / tail / PI.sqrt()).copysign(x)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x * 0.0
    }
}

fn clamp(x: f64, low: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// `f(x)` of one number.
pub fn value(f: Unary, x: f64) -> f64 {
    let wide = f64::from;
    match f {
        Unary::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Unary::LeakyRelu { alpha } => {
            if x > 0.0 {
                x
            } else {
                wide(alpha) * x
            }
        }
        Unary::ThresholdedRelu { alpha } => {
            if x > wide(alpha) {
                x
            } else {
                0.0
            }
        }
        Unary::Elu { alpha, gamma, scale } => {
            let below = wide(alpha) * (x / wide(scale)).exp_m1();
            wide(gamma) * if x > 0.0 { x } else { below }
        }
        Unary::Sigmoid => sigmoid(x),
        Unary::HardSigmoid { alpha, beta } => clamp(wide(alpha) * x + wide(beta), 0.0, 1.0),
        Unary::HardSwish => x * clamp(x / 6.0 + 0.5, 0.0, 1.0),
        Unary::Swish { alpha } => x * sigmoid(wide(alpha) * x),
        Unary::Mish => x * softplus(x).tanh(),
        Unary::Softplus => softplus(x),
        Unary::Softsign => x / (1.0 + x.abs()),
        Unary::Gelu(Form::Exact) => 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2)),
        Unary::Gelu(Form::Tanh) => 0.5 * x * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh()),
        Unary::Clip { low, high } => clamp(x, low, high),
        Unary::Shrink { lambd, bias } => {
            if x < -wide(lambd) {
                x + wide(bias)
            } else if x > wide(lambd) {
                x - wide(bias)
            } else {
                0.0
            }
        }
        Unary::Linear { scale, offset } => scale * x + offset,
        Unary::Power { exponent } => x.powf(exponent),
        Unary::Abs => x.abs(),
        Unary::Neg => -x,
        Unary::Reciprocal => 1.0 / x,
        Unary::Exp => x.exp(),
        Unary::Log => x.ln(),
        Unary::Sqrt => x.sqrt(),
        Unary::Erf => erf(x),
        Unary::Tanh => x.tanh(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tan => x.tan(),
        Unary::Asin => x.asin(),
        Unary::Acos => x.acos(),
        Unary::Atan => x.atan(),
        Unary::Sinh => x.sinh(),
        Unary::Cosh => x.cosh(),
        Unary::Asinh => x.asinh(),
        Unary::Acosh => x.acosh(),
        Unary::Atanh => x.atanh(),
        Unary::Floor => x.floor(),
        Unary::Ceil => x.ceil(),
        Unary::Round => x.round_ties_even(),
        Unary::Sign => sign(x),
    }
}

/// `f'(x)` of one number.
pub fn slope(f: Unary, x: f64) -> f64 {
    let wide = f64::from;
    let step = |on: bool| f64::from(u8::from(on));
    match f {
        Unary::Relu => step(x > 0.0),
        Unary::LeakyRelu { alpha } => {
            if x > 0.0 {
                1.0
            } else {
                wide(alpha)
            }
        }
        Unary::ThresholdedRelu { alpha } => step(x > wide(alpha)),
        Unary::Elu { alpha, gamma, scale } => {
            let below = wide(alpha) / wide(scale) * (x / wide(scale)).exp();
            wide(gamma) * if x > 0.0 { 1.0 } else { below }
        }
        Unary::Sigmoid => sigmoid(x) * sigmoid(-x),
        Unary::HardSigmoid { alpha, beta } => {
            let v = wide(alpha) * x + wide(beta);
            wide(alpha) * step(v > 0.0 && v < 1.0)
        }
        Unary::HardSwish => {
            if x <= -3.0 {
                0.0
            } else if x >= 3.0 {
                1.0
            } else {
                x / 3.0 + 0.5
            }
        }
        Unary::Swish { alpha } => {
            let (alpha, gate) = (wide(alpha), sigmoid(wide(alpha) * x));
            gate + alpha * x * gate * (1.0 - gate)
        }
        Unary::Mish => {
            let gate = softplus(x).tanh();
            gate + x * (1.0 - gate * gate) * sigmoid(x)
        }
        Unary::Softplus => sigmoid(x),
        Unary::Softsign => (1.0 + x.abs()).powi(-2),
        Unary::Gelu(Form::Exact) => {
            let density = (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
            0.5 * (1.0 + erf(x * FRAC_1_SQRT_2)) + x * density
        }
        Unary::Gelu(Form::Tanh) => {
            let c = (2.0 / PI).sqrt();
            let t = (c * (x + 0.044_715 * x * x * x)).tanh();
            0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * c * (1.0 + 3.0 * 0.044_715 * x * x)
        }
        Unary::Clip { low, high } => step(x >= low && x <= high),
        Unary::Shrink { lambd, .. } => step(x < -wide(lambd) || x > wide(lambd)),
        Unary::Linear { scale, .. } => scale,
        Unary::Power { exponent } => exponent * x.powf(exponent - 1.0),
        Unary::Abs => sign(x),
        Unary::Neg => -1.0,
        Unary::Reciprocal => -1.0 / (x * x),
        Unary::Exp => x.exp(),
        Unary::Log => 1.0 / x,
        Unary::Sqrt => 0.5 / x.sqrt(),
        Unary::Erf => FRAC_2_SQRT_PI * (-x * x).exp(),
        Unary::Tanh => x.cosh().powi(-2),
        Unary::Sin => x.cos(),
        Unary::Cos => -x.sin(),
        Unary::Tan => x.cos().powi(-2),
        Unary::Asin => 1.0 / (1.0 - x * x).sqrt(),
        Unary::Acos => -1.0 / (1.0 - x * x).sqrt(),
        Unary::Atan => 1.0 / (1.0 + x * x),
        Unary::Sinh => x.cosh(),
        Unary::Cosh => x.sinh(),
        Unary::Asinh => 1.0 / (1.0 + x * x).sqrt(),
        Unary::Acosh => 1.0 / (x * x - 1.0).sqrt(),
        Unary::Atanh => 1.0 / (1.0 - x * x),
        Unary::Floor | Unary::Ceil | Unary::Round | Unary::Sign => 0.0,
    }
}

/// [`crate::unary::forward`].
pub fn forward(f: Unary, x: &[f64]) -> Vec<f64> {
    x.iter().map(|&x| value(f, x)).collect()
}

/// [`crate::unary::backward`], always from the input.
pub fn backward(f: Unary, x: &[f64], gradient: &[f64]) -> Vec<f64> {
    x.iter().zip(gradient).map(|(&x, g)| g * slope(f, x)).collect()
}
