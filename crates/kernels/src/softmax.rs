//! Softmax and its logarithm along the middle axis of `[outer, n, inner]`; along the last one where
//! `inner` is one.

use crate::lanes;
use crate::parallel::{self, Body};
use crate::vector::exp;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Softmax {
    /// `exp(x - max) / sum`.
    Plain,
    /// `x - max - ln(sum)`.
    Log,
}

/// The answer for every line along the axis. A line of minus infinities answers NaN, as torch does.
///
/// # Panics
/// Where `x` is not whole blocks of `n * inner` elements.
pub fn forward(form: Softmax, x: &[f32], n: usize, inner: usize) -> Vec<f32> {
    if x.is_empty() {
        return Vec::new();
    }
    let block = n * inner;
    assert!(x.len().is_multiple_of(block));
    parallel::collect(x.len(), parallel::rows(block), &Forward { form, x, n, inner })
}

/// The gradient of the input, from the output `y`: `y * (g - sum(g * y))`, or `g - exp(y) * sum(g)`.
///
/// # Panics
/// Where the slices differ in length or are not whole blocks.
pub fn backward(form: Softmax, y: &[f32], gradient: &[f32], n: usize, inner: usize) -> Vec<f32> {
    assert_eq!(y.len(), gradient.len());
    if y.is_empty() {
        return Vec::new();
    }
    let block = n * inner;
    assert!(y.len().is_multiple_of(block));
    let body = Backward {
        form,
        y,
        gradient,
        n,
        inner,
    };
    parallel::collect(y.len(), parallel::rows(block), &body)
}

struct Forward<'a> {
    form: Softmax,
    x: &'a [f32],
    n: usize,
    inner: usize,
}

impl Body<f32> for Forward<'_> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f32]) {
        let Self { form, n, inner, .. } = *self;
        let block = n * inner;
        let x = &self.x[start..start + y.len()];
        for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(block)) {
            if inner == 1 {
                match form {
                    Softmax::Plain => row(x, y),
                    Softmax::Log => log_row(x, y),
                }
            } else {
                for column in (0..inner).step_by(TILE) {
                    columns(form, x, y, inner, column);
                }
            }
        }
    }
}

#[inline(always)]
fn row(x: &[f32], y: &mut [f32]) {
    let top = lanes::fold(x, f32::NEG_INFINITY, f32::max);
    for (x, y) in x.iter().zip(y.iter_mut()) {
        *y = exp(x - top);
    }
    let scale = (1.0 / lanes::sum(y, |v| v)) as f32;
    for y in y.iter_mut() {
        *y *= scale;
    }
}

#[inline(always)]
fn log_row(x: &[f32], y: &mut [f32]) {
    let top = lanes::fold(x, f32::NEG_INFINITY, f32::max);
    let shift = lanes::sum(x, |v| exp(v - top)).ln() as f32;
    for (x, y) in x.iter().zip(y.iter_mut()) {
        *y = (x - top) - shift;
    }
}

/// Lines next to each other that are worked on together.
const TILE: usize = 32;

/// Lines `column..` of a block, row by row.
#[inline(always)]
fn columns(form: Softmax, x: &[f32], y: &mut [f32], inner: usize, column: usize) {
    let range = column..(column + TILE).min(inner);
    let mut top = [f32::NEG_INFINITY; TILE];
    for x in x.chunks_exact(inner) {
        for (t, v) in top.iter_mut().zip(&x[range.clone()]) {
            *t = t.max(*v);
        }
    }
    let mut sum = [0.0f64; TILE];
    for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)) {
        let lines = x[range.clone()].iter().zip(&mut y[range.clone()]);
        for (((x, y), t), s) in lines.zip(top).zip(&mut sum) {
            *y = exp(x - t);
            *s += f64::from(*y);
        }
    }
    match form {
        Softmax::Plain => {
            let scale = sum.map(|s| (1.0 / s) as f32);
            for y in y.chunks_exact_mut(inner) {
                for (y, s) in y[range.clone()].iter_mut().zip(scale) {
                    *y *= s;
                }
            }
        }
        Softmax::Log => {
            let shift = sum.map(|s| s.ln() as f32);
            for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)) {
                let lines = x[range.clone()].iter().zip(&mut y[range.clone()]);
                for (((x, y), t), s) in lines.zip(top).zip(shift) {
                    *y = (x - t) - s;
                }
            }
        }
    }
}

struct Backward<'a> {
    form: Softmax,
    y: &'a [f32],
    gradient: &'a [f32],
    n: usize,
    inner: usize,
}

impl Body<f32> for Backward<'_> {
    #[inline(always)]
    fn run(&self, start: usize, dx: &mut [f32]) {
        let Self { form, n, inner, .. } = *self;
        let block = n * inner;
        let at = start..start + dx.len();
        let blocks = self.y[at.clone()]
            .chunks_exact(block)
            .zip(self.gradient[at].chunks_exact(block));
        for ((y, g), dx) in blocks.zip(dx.chunks_exact_mut(block)) {
            for column in (0..inner).step_by(TILE) {
                if inner == 1 {
                    let sum = match form {
                        Softmax::Plain => lanes::sum2(y, g, |y, g| y * g),
                        Softmax::Log => lanes::sum(g, |g| g),
                    } as f32;
                    slope(form, y, g, dx, |_| sum);
                    continue;
                }
                let range = column..(column + TILE).min(inner);
                let mut sums = [0.0f64; TILE];
                for (y, g) in y.chunks_exact(inner).zip(g.chunks_exact(inner)) {
                    for ((y, g), s) in y[range.clone()].iter().zip(&g[range.clone()]).zip(&mut sums) {
                        *s += f64::from(if form == Softmax::Plain { y * g } else { *g });
                    }
                }
                let sums = sums.map(|s| s as f32);
                let rows = y.chunks_exact(inner).zip(g.chunks_exact(inner));
                for ((y, g), dx) in rows.zip(dx.chunks_exact_mut(inner)) {
                    slope(
                        form,
                        &y[range.clone()],
                        &g[range.clone()],
                        &mut dx[range.clone()],
                        |k| sums[k],
                    );
                }
            }
        }
    }
}

#[inline(always)]
fn slope(form: Softmax, y: &[f32], g: &[f32], dx: &mut [f32], sum: impl Fn(usize) -> f32) {
    let all = y.iter().zip(g).zip(dx).enumerate();
    match form {
        Softmax::Plain => all.for_each(|(k, ((y, g), dx))| *dx = y * (g - sum(k))),
        Softmax::Log => all.for_each(|(k, ((y, g), dx))| *dx = g - exp(*y) * sum(k)),
    }
}
