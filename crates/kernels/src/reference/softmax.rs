//! [`crate::softmax`] in `f64`.

use crate::softmax::Softmax;

/// Runs `f` on every line along the middle axis of `[outer, n, inner]` arrays: the indices of a line's
/// elements.
fn lines(len: usize, n: usize, inner: usize, mut f: impl FnMut(&[usize])) {
    for start in (0..len).step_by((n * inner).max(1)) {
        for i in 0..inner {
            let line: Vec<usize> = (0..n).map(|k| start + k * inner + i).collect();
            f(&line);
        }
    }
}

/// [`crate::softmax::forward`].
pub fn forward(form: Softmax, x: &[f64], n: usize, inner: usize) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    lines(x.len(), n, inner, |line| {
        let top = line.iter().map(|&i| x[i]).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = line.iter().map(|&i| (x[i] - top).exp()).sum();
        for &i in line {
            y[i] = match form {
                Softmax::Plain => (x[i] - top).exp() / sum,
                Softmax::Log => x[i] - top - sum.ln(),
            };
        }
    });
    y
}

/// [`crate::softmax::backward`].
pub fn backward(form: Softmax, y: &[f64], gradient: &[f64], n: usize, inner: usize) -> Vec<f64> {
    let mut dx = vec![0.0; y.len()];
    lines(y.len(), n, inner, |line| {
        let sum: f64 = match form {
            Softmax::Plain => line.iter().map(|&i| y[i] * gradient[i]).sum(),
            Softmax::Log => line.iter().map(|&i| gradient[i]).sum(),
        };
        for &i in line {
            dx[i] = match form {
                Softmax::Plain => y[i] * (gradient[i] - sum),
                Softmax::Log => gradient[i] - y[i].exp() * sum,
            };
        }
    });
    dx
}
