//! Softmax over the last axis of `[rows, width]`.

use crate::{parallel, vector};

/// Each row becomes `exp(x - max) / sum`.
///
/// # Panics
/// Where the slices differ in length or are not whole rows.
pub fn forward(width: usize, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    parallel::rows(y, width, |start, y| {
        let x = &x[start..start + y.len()];
        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
            let top = lanes(x, f32::NEG_INFINITY, f32::max);
            // A row of minus infinities has no maximum to take away; it answers NaN, as torch does.
            for (x, y) in x.iter().zip(y.iter_mut()) {
                *y = vector::exp(x - top);
            }
            let scale = 1.0 / lanes(y, 0.0, |a, b| a + b);
            for y in y.iter_mut() {
                *y *= scale;
            }
        }
    });
}

/// `dx = y * (gradient - sum(gradient * y))` row by row, from the output `y`.
///
/// # Panics
/// Where the slices differ in length or are not whole rows.
pub fn backward(width: usize, y: &[f32], gradient: &[f32], dx: &mut [f32]) {
    assert!(y.len() == gradient.len() && y.len() == dx.len());
    parallel::rows(dx, width, |start, dx| {
        let y = &y[start..start + dx.len()];
        let g = &gradient[start..start + dx.len()];
        let triples = y
            .chunks_exact(width)
            .zip(g.chunks_exact(width))
            .zip(dx.chunks_exact_mut(width));
        for ((y, g), dx) in triples {
            for ((y, g), dx) in y.iter().zip(g).zip(dx.iter_mut()) {
                *dx = y * g;
            }
            let dot = lanes(dx, 0.0, |a, b| a + b);
            for (y, dx) in y.iter().zip(dx.iter_mut()) {
                *dx -= y * dot;
            }
        }
    });
}

/// Folds a row in sixteen lanes and then across them, in one fixed order.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is the inner loop")]
fn lanes(row: &[f32], start: f32, f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut acc = [start; 16];
    let (blocks, rest) = row.as_chunks::<16>();
    for block in blocks {
        for (a, v) in acc.iter_mut().zip(block) {
            *a = f(*a, *v);
        }
    }
    for (a, v) in acc.iter_mut().zip(rest) {
        *a = f(*a, *v);
    }
    acc.into_iter().fold(start, f)
}
