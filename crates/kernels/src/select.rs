//! One of two arrays, element by element, by a mask.

pub use crate::copy::Element;

use crate::binary::Shaped;
use crate::parallel::{self, Body, PIECE};
use crate::reduce;
use crate::walk::Walk;

/// `mask ? a : b` in the shape `shape`, to which all three broadcast.
///
/// # Panics
/// Where one does not broadcast.
pub fn forward<T: Element>(mask: Shaped<'_, bool>, a: Shaped<'_, T>, b: Shaped<'_, T>, shape: &[usize]) -> Vec<T> {
    let walk = Walk::broadcast(shape, [mask.shape, a.shape, b.shape]);
    let body = Select {
        mask: mask.data,
        a: a.data,
        b: b.data,
        walk,
    };
    parallel::collect(shape.iter().product(), PIECE, &body)
}

struct Select<'a, T> {
    mask: &'a [bool],
    a: &'a [T],
    b: &'a [T],
    walk: Walk<3>,
}

impl<T: Element> Body<T> for Select<'_, T> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [T]) {
        let [step, step_a, step_b] = self.walk.inner().steps;
        self.walk.runs(start, y.len(), |at, len, [i, ia, ib]| {
            let y = &mut y[at..at + len];
            // `b` first, then `a` where the mask says so.
            if step_b == 0 {
                y.fill(self.b[ib]);
            } else {
                y.copy_from_slice(&self.b[ib..ib + len]);
            }
            let a = &self.a[ia..ia + if step_a == 0 { 1 } else { len }];
            match (step, step_a) {
                (0, 0) if self.mask[i] => y.fill(a[0]),
                (0, _) if self.mask[i] => y.copy_from_slice(a),
                (0, _) => {}
                (_, 0) => {
                    for (y, m) in y.iter_mut().zip(&self.mask[i..i + len]) {
                        *y = if *m { a[0] } else { *y };
                    }
                }
                _ => {
                    for ((y, m), a) in y.iter_mut().zip(&self.mask[i..i + len]).zip(a) {
                        *y = if *m { *a } else { *y };
                    }
                }
            }
        });
    }
}

/// The gradient of `a` (`first`) or of `b`, in its shape `to`.
///
/// # Panics
/// Where a shape does not broadcast.
pub fn backward(mask: Shaped<'_, bool>, first: bool, gradient: &[f32], shape: &[usize], to: &[usize]) -> Vec<f32> {
    let zero = Shaped {
        data: &[0.0][..],
        shape: &[],
    };
    let gradient = Shaped::new(gradient, shape);
    let (a, b) = if first { (gradient, zero) } else { (zero, gradient) };
    reduce::sum_to_owned(forward(mask, a, b, shape), shape, to)
}
