//! Elementary functions without branches or calls, so that loops over them become vector code.
//!
//! The polynomials are Chebyshev fits on the stated intervals; the errors stated are of the fit, the
//! tests state those of the functions.

/// `exp(x)`; zero below -87, infinite above 88.7.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call inside the loop would keep it scalar")]
pub fn exp(x: f32) -> f32 {
    let clamped = x.clamp(-87.0, 88.8);
    // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    let whole = (clamped * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
    // ln 2 in two parts: the first has few bits, so that its product with `whole` is exact.
    let r = (clamped - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
    // Fit on |r| <= ln 2 / 2, relative error 2.6e-9.
    let mut p = 0.001_394_858_f32;
    p = p * r + 0.008_375_129;
    p = p * r + 0.041_666_218;
    p = p * r + 0.166_664_15;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    // 2^whole by its exponent bits, in two factors so that 2^128 does not overflow early.
    let n = whole as i32;
    let half = n >> 1;
    let scale = |k: i32| f32::from_bits(((k + 127) as u32) << 23);
    let y = p * scale(half) * scale(n - half);
    if x < -87.0 { 0.0 } else { y }
}

/// The error function.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call inside the loop would keep it scalar")]
pub fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = x * x;
    // erf(x) / x on |x| <= 1, absolute error 3.3e-11.
    let mut small = -9.673_591e-6_f32;
    small = small * t + 1.126_825_4e-4;
    small = small * t - 8.484_397e-4;
    small = small * t + 5.221_053_4e-3;
    small = small * t - 2.686_543_8e-2;
    small = small * t + 0.112_837_83;
    small = small * t - 0.376_126_4;
    small = small * t + std::f32::consts::FRAC_2_SQRT_PI;
    // erfc(x) exp(x^2) on 1 <= x <= 4, where 1 - erf(4) is below half a unit of f32; error 8.6e-8.
    let c = size.min(4.0);
    let u = (c - 2.5) * (1.0 / 1.5);
    let mut large = -2.455_0e-4_f32;
    large = large * u + 6.088_8e-4;
    large = large * u - 9.155_6e-4;
    large = large * u + 2.215_00e-3;
    large = large * u - 5.611_76e-3;
    large = large * u + 1.255_935e-2;
    large = large * u - 2.699_779e-2;
    large = large * u + 5.610_154e-2;
    large = large * u - 0.111_521_4;
    large = large * u + 0.210_806_55;
    let tail = (1.0 - exp(-c * c) * large).copysign(x);
    if size <= 1.0 { x * small } else { tail }
}

/// The hyperbolic tangent.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call inside the loop would keep it scalar")]
pub fn tanh(x: f32) -> f32 {
    let size = x.abs().min(10.0);
    let e = exp(-2.0 * size);
    let far = ((1.0 - e) / (1.0 + e)).copysign(x);
    // Near zero the difference above loses digits; the series does not.
    let t = x * x;
    let near = x * (1.0 + t * (-1.0 / 3.0 + t * (2.0 / 15.0 + t * (-17.0 / 315.0 + t * (62.0 / 2835.0)))));
    if size < 0.25 { near } else { far }
}
