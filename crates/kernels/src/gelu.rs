//! GELU (Hendrycks and Gimpel, 2016), exact and by its tanh approximation.

use crate::{parallel, vector};

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBE: f32 = 0.044_715;

/// Which of the two formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `x * Phi(x)` with the normal distribution function.
    Exact,
    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`.
    Tanh,
}

/// `y = gelu(x)`, element by element.
///
/// # Panics
/// Where the slices differ in length.
pub fn forward(form: Form, x: &[f32], y: &mut [f32]) {
    parallel::map(x, y, |x, y| match form {
        Form::Exact => {
            for (x, y) in x.iter().zip(y) {
                *y = 0.5 * x * (1.0 + vector::erf(x * std::f32::consts::FRAC_1_SQRT_2));
            }
        }
        Form::Tanh => {
            for (x, y) in x.iter().zip(y) {
                *y = 0.5 * x * (1.0 + vector::tanh(SQRT_2_OVER_PI * (x + CUBE * x * x * x)));
            }
        }
    });
}

/// `dx = gradient * gelu'(x)`, element by element.
///
/// # Panics
/// Where the slices differ in length.
pub fn backward(form: Form, x: &[f32], gradient: &[f32], dx: &mut [f32]) {
    assert_eq!(x.len(), gradient.len());
    parallel::rows(dx, 1, |start, dx| {
        let x = &x[start..start + dx.len()];
        let g = &gradient[start..start + dx.len()];
        match form {
            Form::Exact => {
                // 1 / sqrt(2 pi)
                let norm = 0.398_942_3;
                for ((x, g), dx) in x.iter().zip(g).zip(dx) {
                    let phi = 0.5 * (1.0 + vector::erf(x * std::f32::consts::FRAC_1_SQRT_2));
                    *dx = g * (phi + x * norm * vector::exp(-0.5 * x * x));
                }
            }
            Form::Tanh => {
                for ((x, g), dx) in x.iter().zip(g).zip(dx) {
                    let t = vector::tanh(SQRT_2_OVER_PI * (x + CUBE * x * x * x));
                    let inner = SQRT_2_OVER_PI * (1.0 + 3.0 * CUBE * x * x);
                    *dx = g * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner);
                }
            }
        }
    });
}
