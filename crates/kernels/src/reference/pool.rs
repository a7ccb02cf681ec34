//! [`crate::pool`] in `f64`.

use super::indices;
use crate::pool::Window;

/// For every output of every plane, the indices of its window's elements in `x`, and the size of the
/// window, padding included.
fn windows(w: &Window, planes: usize) -> Vec<(Vec<usize>, usize)> {
    let plane: usize = w.input.iter().product();
    let mut out = Vec::new();
    for p in 0..planes {
        for o in indices(&w.output) {
            let (mut inside, mut size) = (Vec::new(), 0);
            for k in indices(&w.kernel) {
                let at: [i64; 3] =
                    std::array::from_fn(|a| (o[a] * w.stride[a] + k[a] * w.dilation[a]) as i64 - w.pads[a].0 as i64);
                let padded = (0..3).all(|a| at[a] < (w.input[a] + w.pads[a].1) as i64);
                size += usize::from(padded);
                if (0..3).all(|a| at[a] >= 0 && at[a] < w.input[a] as i64) {
                    let [d, h, v] = at.map(|v| v as usize);
                    inside.push(p * plane + (d * w.input[1] + h) * w.input[2] + v);
                }
            }
            out.push((inside, size));
        }
    }
    out
}

fn planes(w: &Window, x: &[f64]) -> usize {
    x.len() / w.input.iter().product::<usize>()
}

/// [`crate::pool::max`].
pub fn max(w: &Window, x: &[f64]) -> Vec<f64> {
    let top = |a: f64, b: f64| if b > a || b.is_nan() { b } else { a };
    let of = |(inside, _): (Vec<usize>, usize)| inside.iter().map(|&i| x[i]).fold(f64::NEG_INFINITY, top);
    windows(w, planes(w, x)).into_iter().map(of).collect()
}

/// [`crate::pool::max_positions`].
pub fn max_positions(w: &Window, x: &[f64]) -> Vec<i32> {
    let plane: usize = w.input.iter().product();
    let of = |(inside, _): (Vec<usize>, usize)| {
        let better = |best: Option<usize>, &i: &usize| match best {
            Some(b) if !(x[i] > x[b] || (x[i].is_nan() && !x[b].is_nan())) => Some(b),
            _ => Some(i),
        };
        inside.iter().fold(None, better).map_or(-1, |i| (i % plane) as i32)
    };
    windows(w, planes(w, x)).into_iter().map(of).collect()
}

/// [`crate::pool::max_backward`].
#[expect(clippy::float_cmp, reason = "the largest is one of the elements")]
pub fn max_backward(w: &Window, x: &[f64], gradient: &[f64]) -> Vec<f64> {
    let mut dx = vec![0.0; x.len()];
    let tops = max(w, x);
    for (((inside, _), top), g) in windows(w, planes(w, x)).into_iter().zip(tops).zip(gradient) {
        if let Some(i) = inside.into_iter().find(|&i| x[i] == top) {
            dx[i] += g;
        }
    }
    dx
}

/// [`crate::pool::average`].
pub fn average(w: &Window, x: &[f64], padding_too: bool) -> Vec<f64> {
    let of = |(inside, size): (Vec<usize>, usize)| {
        let size = if padding_too { size } else { inside.len() };
        inside.iter().map(|&i| x[i]).sum::<f64>() / size.max(1) as f64
    };
    windows(w, planes(w, x)).into_iter().map(of).collect()
}

/// [`crate::pool::average_backward`].
pub fn average_backward(w: &Window, gradient: &[f64], padding_too: bool) -> Vec<f64> {
    let planes = gradient.len() / w.output.iter().product::<usize>();
    let mut dx = vec![0.0; planes * w.input.iter().product::<usize>()];
    for ((inside, size), g) in windows(w, planes).into_iter().zip(gradient) {
        let size = if padding_too { size } else { inside.len() };
        for i in inside {
            dx[i] += g / size.max(1) as f64;
        }
    }
    dx
}

/// [`crate::pool::lp`].
pub fn lp(w: &Window, x: &[f64], p: f64) -> Vec<f64> {
    let of = |(inside, _): (Vec<usize>, usize)| {
        let sum: f64 = inside.iter().map(|&i| x[i].abs().powf(p)).sum();
        sum.powf(1.0 / p)
    };
    windows(w, planes(w, x)).into_iter().map(of).collect()
}

/// [`crate::pool::lp_backward`].
pub fn lp_backward(w: &Window, x: &[f64], gradient: &[f64], p: f64) -> Vec<f64> {
    let mut dx = vec![0.0; x.len()];
    let y = lp(w, x, p);
    for (((inside, _), y), g) in windows(w, planes(w, x)).into_iter().zip(y).zip(gradient) {
        for i in inside.into_iter().filter(|_| y > 0.0) {
            dx[i] += g * y.powf(1.0 - p) * x[i].abs().powf(p - 1.0).copysign(x[i]);
        }
    }
    dx
}
