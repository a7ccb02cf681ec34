//! Activation functions. At a kink the slope is that of the flat side, as torch has it.

use super::function;
use crate::vector::{exp, exp_m1, sigmoid, softplus};

function!(
    Relu {} | x | if x < 0.0 { 0.0 } else { x },
    value | y | if y > 0.0 { 1.0 } else { 0.0 }
);
function!(
    LeakyRelu { alpha } | x | if x > 0.0 { x } else { alpha * x },
    input | x | if x > 0.0 { 1.0 } else { alpha }
);
function!(
    ThresholdedRelu { alpha } | x | if x > alpha { x } else { 0.0 },
    input | x | if x > alpha { 1.0 } else { 0.0 }
);
function!(
    Elu { alpha, gamma, scale } | x | gamma * if x > 0.0 { x } else { alpha * exp_m1(x / scale) },
    input | x | gamma * if x > 0.0 { 1.0 } else { alpha / scale * exp(x / scale) }
);
function!(Sigmoid {} | x | sigmoid(x), value | y | y * (1.0 - y));
function!(
    HardSigmoid { alpha, beta } | x | clamp(alpha * x + beta, 0.0, 1.0),
    input | x | {
        let v = alpha * x + beta;
        if v > 0.0 && v < 1.0 { alpha } else { 0.0 }
    }
);
function!(
    HardSwish {} | x | x * clamp(x * (1.0 / 6.0) + 0.5, 0.0, 1.0),
    input
        | x
        | if x <= -3.0 {
            0.0
        } else if x >= 3.0 {
            1.0
        } else {
            x * (1.0 / 3.0) + 0.5
        }
);
function!(
    Swish { alpha } | x | x * sigmoid(alpha * x),
    input | x | {
        let gate = sigmoid(alpha * x);
        gate + alpha * x * gate * (1.0 - gate)
    }
);
function!(
    Mish {} | x | x * mish_gate(x),
    input | x | {
        let gate = mish_gate(x);
        gate + x * (1.0 - gate * gate) * sigmoid(x)
    }
);
function!(Softplus {} | x | softplus(x), input | x | sigmoid(x));
function!(
    Softsign {} | x | x / (1.0 + x.abs()),
    input | x | {
        let d = 1.0 + x.abs();
        1.0 / (d * d)
    }
);
function!(
    Clip { low, high } | x | clamp(x, low, high),
    input | x | if x >= low && x <= high { 1.0 } else { 0.0 }
);
function!(
    Shrink { lambd, bias }
        | x
        | if x < -lambd {
            x + bias
        } else if x > lambd {
            x - bias
        } else {
            0.0
        },
    input | x | if x < -lambd || x > lambd { 1.0 } else { 0.0 }
);

/// `min(max(x, low), high)`; NaN stays.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// `tanh(ln(1 + exp(x)))`, which is a ratio of polynomials in `exp(x)`.
#[inline(always)]
fn mish_gate(x: f32) -> f32 {
    // Beyond 20 it is one to the last digit.
    let e = exp(if x > 20.0 { 20.0 } else { x });
    let n = e * (e + 2.0);
    n / (n + 2.0)
}
