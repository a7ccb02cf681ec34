//! The same operations, one element after another in `f64`. Slow and plain: the truth for tests.

pub mod conv;
pub mod gemm;

/// The error function by its Maclaurin series, and by the continued fraction of `erfc` beyond 3.
pub fn erf(x: f64) -> f64 {
    if x.abs() < 3.0 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term.abs() > 1e-18 {
            n += 1.0;
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    let size = x.abs();
    let tail = (1..=60).rev().fold(size, |below, k| size + f64::from(k) / 2.0 / below);
    (1.0 - (-size * size).exp() / tail / std::f64::consts::PI.sqrt()).copysign(x)
}

/// [`crate::gelu::forward`] of one element.
pub fn gelu(form: crate::gelu::Form, x: f64) -> f64 {
    match form {
        crate::gelu::Form::Exact => 0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2)),
        crate::gelu::Form::Tanh => {
            0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh())
        }
    }
}

/// [`crate::softmax::forward`] of one row.
pub fn softmax(row: &[f64]) -> Vec<f64> {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|v| (v - top).exp()).sum();
    row.iter().map(|v| (v - top).exp() / sum).collect()
}
