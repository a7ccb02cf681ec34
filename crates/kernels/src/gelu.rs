//! GELU (Hendrycks and Gimpel, 2016), exact and by its tanh approximation; see [`crate::unary`].

use crate::unary::Function;
use crate::vector::{erf, exp, tanh};

/// Which of the two formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `x * Phi(x)` with the normal distribution function.
    Exact,
    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`.
    Tanh,
}

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBE: f32 = 0.044_715;
/// `1 / sqrt(2 pi)`.
const NORM: f32 = 0.398_942_3;

/// [`Form::Exact`].
#[derive(Clone, Copy)]
pub(crate) struct Exact;

impl Function for Exact {
    const FROM_VALUE: bool = false;

    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
    }

    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        let phi = 0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
        phi + x * NORM * exp(-0.5 * x * x)
    }
}

/// [`Form::Tanh`].
#[derive(Clone, Copy)]
pub(crate) struct Approximate;

impl Function for Approximate {
    const FROM_VALUE: bool = false;

    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        0.5 * x * (1.0 + tanh(SQRT_2_OVER_PI * (x + CUBE * x * x * x)))
    }

    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        let u = SQRT_2_OVER_PI * (x + CUBE * x * x * x);
        let inner = SQRT_2_OVER_PI * (1.0 + 3.0 * CUBE * x * x);
        // (1 + tanh u) / 2 and 1 - tanh(u)^2 from exp(-2 |u|): far out, where tanh is near one, the
        // differences themselves would have lost their digits.
        let e = exp(-2.0 * u.abs());
        let below = 1.0 / (1.0 + e);
        let half = if u < 0.0 { e * below } else { below };
        half + 2.0 * x * e * below * below * inner
    }
}
