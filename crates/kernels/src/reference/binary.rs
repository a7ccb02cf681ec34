//! [`crate::binary`] in `f64`.

use super::{indices, source};
use crate::binary::{Binary, Shaped};

fn share(wins: bool, equal: bool) -> f64 {
    match (wins, equal) {
        (true, _) => 1.0,
        (false, true) => 0.5,
        (false, false) => 0.0,
    }
}

/// `f(a, b)` of two numbers.
pub fn value(f: Binary, a: f64, b: f64) -> f64 {
    match f {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Max => {
            if b > a || b.is_nan() {
                b
            } else {
                a
            }
        }
        Binary::Min => {
            if b < a || b.is_nan() {
                b
            } else {
                a
            }
        }
        Binary::Pow => a.powf(b),
        Binary::Prelu => {
            if a > 0.0 {
                a
            } else {
                a * b
            }
        }
    }
}

/// Both slopes at two numbers.
#[expect(clippy::float_cmp, reason = "equal numbers share the gradient, and only they")]
pub fn slopes(f: Binary, a: f64, b: f64) -> (f64, f64) {
    match f {
        Binary::Add => (1.0, 1.0),
        Binary::Sub => (1.0, -1.0),
        Binary::Mul => (b, a),
        Binary::Div => (1.0 / b, -a / (b * b)),
        Binary::Max => (share(a > b, a == b), share(b > a, a == b)),
        Binary::Min => (share(a < b, a == b), share(b < a, a == b)),
        Binary::Pow => {
            let base = if b == 0.0 { 0.0 } else { b * a.powf(b - 1.0) };
            let exponent = if a == 0.0 && b >= 0.0 { 0.0 } else { a.powf(b) * a.ln() };
            (base, exponent)
        }
        Binary::Prelu => {
            if a > 0.0 {
                (1.0, 0.0)
            } else {
                (b, a)
            }
        }
    }
}

/// [`crate::binary::forward`].
pub fn forward(f: Binary, a: Shaped<'_, f64>, b: Shaped<'_, f64>, shape: &[usize]) -> Vec<f64> {
    if a.shape == shape && b.shape == shape {
        return a.data.iter().zip(b.data).map(|(a, b)| value(f, *a, *b)).collect();
    }
    indices(shape)
        .map(|index| value(f, a.data[source(&index, a.shape)], b.data[source(&index, b.shape)]))
        .collect()
}

/// [`crate::binary::backward_a`] and [`crate::binary::backward_b`], always from the inputs.
pub fn backward(
    f: Binary,
    a: Shaped<'_, f64>,
    b: Shaped<'_, f64>,
    gradient: &[f64],
    shape: &[usize],
) -> (Vec<f64>, Vec<f64>) {
    let (mut da, mut db) = (vec![0.0; a.data.len()], vec![0.0; b.data.len()]);
    for (index, g) in indices(shape).zip(gradient) {
        let (i, j) = (source(&index, a.shape), source(&index, b.shape));
        let (slope_a, slope_b) = slopes(f, a.data[i], b.data[j]);
        da[i] += g * slope_a;
        db[j] += g * slope_b;
    }
    (da, db)
}
