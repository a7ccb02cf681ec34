//! The inner loops: one pass of a block of the product.

use std::ops::Range;

use pulp::Simd;

use super::split::Split;
use super::target::{Step, Target};
use crate::machine::multiply_add;

/// Bytes of the left operand that are read again and again while one panel of the right operand after
/// the other goes by: they stay in a second-level cache of 512 KB beside a block of the right operand.
const STAY: usize = 160 * 1024;

/// One pass: panels of both operands over the same stretch of the sum.
pub(crate) struct Pass<'a> {
    /// Panels of the left operand, one after another.
    pub left: &'a [f32],
    /// How its rows lie in panels, of which `panels` are in `left`.
    pub rows: Split,
    pub panels: Range<usize>,
    /// Panels of the right operand, `stride` elements apart.
    pub right: &'a [f32],
    pub stride: usize,
    /// Length of this stretch of the sum.
    pub depth: usize,
    pub step: Step,
}

/// Adds the pass to `target`, whose first row is the first row of `left`.
#[inline(always)]
pub(crate) fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, pass: &Pass<'_>, target: &mut Target<'_>) {
    let width = VECTORS * S::F32_LANES;
    let origin = pass.rows.start(pass.panels.start);
    let together = (STAY / (4 * pass.depth.max(1) * ROWS)).max(1);
    let mut tile = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    let mut from = pass.panels.start;
    while from < pass.panels.end {
        let to = (from + together).min(pass.panels.end);
        for column in (0..target.columns.len()).step_by(width) {
            let at = column / width * pass.stride;
            let right = S::as_simd_f32s(&pass.right[at..at + pass.depth * width]).0;
            for panel in from..to {
                let range = pass.rows.range(panel);
                let at = (range.start - origin) * pass.depth;
                let left = &pass.left[at..at + range.len() * pass.depth];
                // One loop a height, so that the accumulators are registers in each.
                macro_rules! height {
                    ($($h:literal)*) => {
                        match range.len() {
                            $($h if const { $h <= ROWS } => {
                                let sums = sums::<S, $h, VECTORS>(simd, left, right);
                                tile[..$h].copy_from_slice(&sums);
                            })*
                            _ => {}
                        }
                    };
                }
                height!(1 2 3 4 5 6 7 8 9 10 11 12);
                target.put(simd, range.start - origin, column, &mut tile[..range.len()], pass.step);
            }
        }
        from = to;
    }
}

/// The products of one panel of each operand, summed along the stretch, one after another.
#[inline(always)]
fn sums<S: Simd, const HEIGHT: usize, const VECTORS: usize>(
    simd: S,
    left: &[f32],
    right: &[S::f32s],
) -> [[S::f32s; VECTORS]; HEIGHT] {
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; HEIGHT];
    let left = left.as_chunks::<HEIGHT>().0;
    let right = right.as_chunks::<VECTORS>().0;
    for (a, b) in left.iter().zip(right) {
        for i in 0..HEIGHT {
            let a = simd.splat_f32s(a[i]);
            for j in 0..VECTORS {
                sums[i][j] = multiply_add(simd, a, b[j], sums[i][j]);
            }
        }
    }
    sums
}
