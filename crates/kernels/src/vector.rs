//! Elementary functions without branches or calls, so that loops over them become vector code.
//!
//! Each is within five units in the last place of the true value, or within 1e-7 of it where that
//! is larger; `tests/elementary.rs` holds them to it. Multiplication and addition stay two steps, so
//! that an instruction set without a fused one computes the same.
//!
//! The polynomials are Chebyshev fits and the ratios least-squares ones on the stated intervals; the
//! errors stated are of the fit, the tests state those of the functions.

/// The nearest whole number to `x`, of a size below 2^22, as both kinds of number.
#[inline(always)]
fn nearest(x: f32) -> (f32, i32) {
    // Adding 1.5 * 2^23 leaves no bits for the fraction, and the number in the low bits.
    let shifted = x + 12_582_912.0;
    (
        shifted - 12_582_912.0,
        shifted.to_bits().wrapping_sub(0x4b40_0000) as i32,
    )
}

/// `2^n` by its exponent bits. (A NaN brings a senseless `n` here; nothing may overflow.)
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `exp(x)`; zero below -87, infinite above 88.7.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let clamped = x.clamp(-87.0, 88.8);
    let (whole, n) = nearest(clamped * std::f32::consts::LOG2_E);
    // ln 2 in two parts: the first has few bits, so that its product with `whole` is exact.
    let r = (clamped - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
    // Fit on |r| <= ln 2 / 2, relative error 2.6e-9.
    let r2 = r * r;
    let p = (0.5 + 0.166_664_15 * r) + r2 * ((0.041_666_218 + 0.008_375_129 * r) + r2 * 0.001_394_858);
    let p = 1.0 + (r + r2 * p);
    // 2^whole by its exponent bits, in two factors so that 2^128 does not overflow early.
    let half = n >> 1;
    let y = p * power_of_two(half) * power_of_two(n.wrapping_sub(half));
    if x < -87.0 { 0.0 } else { y }
}

/// The error function: `x P(x^2) / Q(x^2)`, relative error of the fit 2.0e-9 on |x| <= 3.93.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let t = x * x;
    let (t2, t4) = (t * t, t * t * (t * t));
    let p = (std::f32::consts::FRAC_2_SQRT_PI + 0.185_194_95 * t) + t2 * (0.054_259_07 + 0.003_841_952_5 * t);
    let p = p + t4 * ((3.771_208_2e-4 + 4.617_903_2e-6 * t) - t2 * 1.285_138_7e-8);
    let q = (1.0 + 0.497_458_16 * t) + t2 * (0.113_904_77 + 0.015_438_029 * t);
    let q = q + t4 * (1.302_679_5e-3 + 6.247_97e-5 * t);
    let y = x * p / q;
    // Beyond 3.92 it is one to the last digit, and rounding must not lead above one.
    if (x.abs() > 3.92) | (y.abs() > 1.0) {
        1.0f32.copysign(x)
    } else {
        y
    }
}

/// The hyperbolic tangent: `x P(x^2) / Q(x^2)`, relative error of the fit 4.0e-11 on |x| <= 9.05.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let t = x * x;
    let (t2, t4) = (t * t, t * t * (t * t));
    let p = (1.0 + 0.140_981_94 * t) + t2 * (0.004_424_592_3 + 4.223_846e-5 * t);
    let p = p + t4 * (1.109_701e-7 + 3.661_274_7e-11 * t);
    let q = (1.0 + 0.474_315_3 * t) + t2 * (0.029_196_352 + 5.005_722_7e-4 * t);
    let q = q + t4 * (2.600_552_8e-6 + 2.943_456e-9 * t);
    let y = x * p / q;
    if (x.abs() > 9.02) | (y.abs() > 1.0) {
        1.0f32.copysign(x)
    } else {
        y
    }
}

/// `exp(x) - 1`, with the digits that the difference loses near zero.
#[inline(always)]
pub fn exp_m1(x: f32) -> f32 {
    // Below -60 the answer is -1 to the last digit.
    let clamped = x.clamp(-60.0, 88.0);
    let (whole, n) = nearest(clamped * std::f32::consts::LOG2_E);
    let r = (clamped - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
    let r2 = r * r;
    let p = (0.5 + 0.166_664_15 * r) + r2 * ((0.041_666_218 + 0.008_375_129 * r) + r2 * 0.001_394_858);
    let p = r + r2 * p;
    // One power of two less, and twice the result, so that 2^127 has room.
    let scale = power_of_two(n.wrapping_sub(1));
    let y = 2.0 * (scale * p + (scale - 0.5));
    if x > 88.0 { exp(x) } else { y }
}

/// The natural logarithm.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    // A subnormal number is brought into the normal range first.
    let tiny = x < f32::MIN_POSITIVE;
    let bits = (if tiny { x * 33_554_432.0 } else { x }).to_bits();
    // The mantissa in [sqrt(1/2), sqrt(2)): 0x3f3504f3 are the bits of sqrt(1/2).
    let shifted = bits.wrapping_sub(0x3f35_04f3);
    let power = (shifted as i32 >> 23) as f32 - if tiny { 25.0 } else { 0.0 };
    let f = f32::from_bits((shifted & 0x007f_ffff) + 0x3f35_04f3) - 1.0;
    // (ln(1 + f) - f + f^2 / 2) / f^3, absolute error 2.9e-8.
    let mut p = 0.069_716_11_f32;
    p = p * f - 0.114_797_34;
    p = p * f + 0.116_854_2;
    p = p * f - 0.124_256_87;
    p = p * f + 0.142_490_58;
    p = p * f - 0.166_678_02;
    p = p * f + 0.200_007_16;
    p = p * f - 0.249_999_97;
    p = p * f + 0.333_333_3;
    let square = f * f;
    let small = (power * -2.121_944_4e-4 + f * square * p) - 0.5 * square;
    let y = (f + small) + power * 0.693_359_4;
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    let y = if x < 0.0 { f32::NAN } else { y };
    // Infinity and NaN answer themselves.
    if x < f32::INFINITY { y } else { x }
}

/// `ln(1 + x)`, with the digits that the sum loses near zero.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    let u = 1.0 + x;
    // What rounding the sum dropped, to first order.
    let y = ln(u) + (x - (u - 1.0)) / u;
    let y = if u == 1.0 { x } else { y };
    if x < f32::INFINITY && x > -1.0 { y } else { ln(u) }
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `ln(1 + exp(x))`.
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    let above = if x < 0.0 { 0.0 } else { x };
    above + ln_1p(exp(-x.abs()))
}
