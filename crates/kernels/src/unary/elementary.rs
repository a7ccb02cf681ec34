//! Elementary functions. Those that models seldom use are the standard library's, one call after another.

use super::function;
use crate::vector::{erf, exp, ln, tanh};

function!(Linear { scale, offset } | x | scale * x + offset, input | _x | scale);
function!(Square {} | x | x * x, input | x | 2.0 * x);
function!(Cube {} | x | x * x * x, input | x | 3.0 * x * x);
function!(
    Power { exponent } | x | power(x, exponent),
    input | x | exponent * power(x, exponent - 1.0)
);
function!(Abs {} | x | x.abs(), input | x | sign(x));
function!(Neg {} | x | -x, input | _x | -1.0);
function!(Reciprocal {} | x | 1.0 / x, value | y | -y * y);
function!(Exp {} | x | exp(x), value | y | y);
function!(Log {} | x | ln(x), input | x | 1.0 / x);
function!(Sqrt {} | x | x.sqrt(), value | y | 0.5 / y);
function!(
    Erf {} | x | erf(x),
    input | x | std::f32::consts::FRAC_2_SQRT_PI * exp(-x * x)
);
function!(Tanh {} | x | tanh(x), value | y | 1.0 - y * y);
function!(Sign {} | x | sign(x), input | _x | 0.0);

/// A function of the standard library and its slope, both from the input.
#[derive(Clone, Copy)]
pub(super) struct Library {
    value: fn(f32) -> f32,
    slope: fn(f32) -> f32,
}

impl super::Function for Library {
    const FROM_VALUE: bool = false;

    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        (self.value)(x)
    }

    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        (self.slope)(x)
    }
}

const fn library(value: fn(f32) -> f32, slope: fn(f32) -> f32) -> Library {
    Library { value, slope }
}

pub(super) const SIN: Library = library(f32::sin, f32::cos);
pub(super) const COS: Library = library(f32::cos, |x| -x.sin());
pub(super) const TAN: Library = library(f32::tan, |x| 1.0 + x.tan() * x.tan());
pub(super) const ASIN: Library = library(f32::asin, |x| 1.0 / ((1.0 - x) * (1.0 + x)).sqrt());
pub(super) const ACOS: Library = library(f32::acos, |x| -1.0 / ((1.0 - x) * (1.0 + x)).sqrt());
pub(super) const ATAN: Library = library(f32::atan, |x| 1.0 / (1.0 + x * x));
pub(super) const SINH: Library = library(f32::sinh, f32::cosh);
pub(super) const COSH: Library = library(f32::cosh, f32::sinh);
/// In `f64`, where neither the square nor the difference loses digits that `f32` can show.
pub(super) const ASINH: Library = library(|x| f64::from(x).asinh() as f32, |x| 1.0 / 1.0f32.hypot(x));
pub(super) const ACOSH: Library = library(f32::acosh, |x| 1.0 / ((x - 1.0).sqrt() * (x + 1.0).sqrt()));
pub(super) const ATANH: Library = library(f32::atanh, |x| 1.0 / ((1.0 - x) * (1.0 + x)));
pub(super) const FLOOR: Library = library(f32::floor, |_| 0.0);
pub(super) const CEIL: Library = library(f32::ceil, |_| 0.0);
pub(super) const ROUND: Library = library(f32::round_ties_even, |_| 0.0);

#[inline(always)]
fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x * 0.0
    }
}

/// `x ^ n`. A whole exponent keeps the sign of a negative base; `powf` does that too.
fn power(x: f32, exponent: f32) -> f32 {
    x.powf(exponent)
}
