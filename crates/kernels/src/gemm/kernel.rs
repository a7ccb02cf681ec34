//! The inner loops: one pass of a block of the product.

use std::ops::Range;

use pulp::{Simd, WithSimd, bytemuck};

use super::split::Split;
use super::target::{Step, Target};
use crate::machine::multiply_add;

/// Bytes of the left operand that are read again and again while one panel of the right operand after
/// the other goes by: they stay in a second-level cache of 512 KB beside a block of the right operand.
const STAY: usize = 160 * 1024;

/// One pass: panels of both operands over the same stretch of the sum.
pub(crate) struct Pass<'a> {
    /// Panels of the left operand, one after another, and [`pack::SLACK`](super::pack::SLACK) more elements.
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

/// Columns beyond the last full panel that are summed with the rows along the vector: that many
/// multiplications in place of a whole panel's.
const TAIL: usize = 4;

/// Vectors that hold a tile's rows, at most: those of an instruction set of one lane.
const HIGH: usize = 4;

/// Adds the pass to `target`, whose first row is the first row of `left`.
#[inline(always)]
pub(crate) fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, pass: &Pass<'_>, target: &mut Target<'_>) {
    // A function of its own, which all callers share: it is long.
    simd.vectorize(Run::<ROWS, VECTORS> { pass, target });
}

struct Run<'a, 't, const ROWS: usize, const VECTORS: usize> {
    pass: &'a Pass<'a>,
    target: &'a mut Target<'t>,
}

impl<const ROWS: usize, const VECTORS: usize> WithSimd for Run<'_, '_, ROWS, VECTORS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        tiles::<S, ROWS, VECTORS>(simd, self.pass, self.target);
    }
}

#[inline(always)]
fn tiles<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, pass: &Pass<'_>, target: &mut Target<'_>) {
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
            if target.columns.len() - column <= TAIL {
                tail::<S, ROWS, VECTORS>(simd, pass, from..to, column, right, target);
                continue;
            }
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
                height!(1 2 3 4 5 6 7 8);
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

/// The last columns, at most [`TAIL`]: a vector holds a column of a tile. The sums are those of
/// [`sums`], in the same order.
#[inline(always)]
fn tail<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    pass: &Pass<'_>,
    panels: Range<usize>,
    column: usize,
    right: &[S::f32s],
    target: &mut Target<'_>,
) {
    // So many panels at a time that eight sums are under way.
    if target.columns.len() - column == 1 {
        for first in panels.clone().step_by(8) {
            narrow::<S, ROWS, VECTORS, 1, 8>(simd, pass, first..panels.end, column, right, target);
        }
    } else {
        for first in panels.clone().step_by(2) {
            narrow::<S, ROWS, VECTORS, TAIL, 2>(simd, pass, first..panels.end, column, right, target);
        }
    }
}

/// The first `PANELS` of `panels`, or as many as there are.
#[inline(always)]
fn narrow<S: Simd, const ROWS: usize, const VECTORS: usize, const COLUMNS: usize, const PANELS: usize>(
    simd: S,
    pass: &Pass<'_>,
    panels: Range<usize>,
    column: usize,
    right: &[S::f32s],
    target: &mut Target<'_>,
) {
    // Vectors that hold a tile's rows.
    let high = const { ROWS.div_ceil(S::F32_LANES) };
    let origin = pass.rows.start(pass.panels.start);
    // Where there are fewer panels, the last is computed again and not stored.
    let ranges: [Range<usize>; PANELS] =
        std::array::from_fn(|i| pass.rows.range((panels.start + i).min(panels.end - 1)));
    let mut sums = [[[simd.splat_f32s(0.0); HIGH]; COLUMNS]; PANELS];
    let mut at: [usize; PANELS] = std::array::from_fn(|i| (ranges[i].start - origin) * pass.depth);
    let heights: [usize; PANELS] = std::array::from_fn(|i| ranges[i].len());
    for b in right.as_chunks::<VECTORS>().0 {
        let b: &[f32] = bytemuck::cast_slice(b);
        let mut columns = [simd.splat_f32s(0.0); COLUMNS];
        for (to, v) in columns.iter_mut().zip(b) {
            *to = simd.splat_f32s(*v);
        }
        for p in 0..PANELS {
            let a = S::as_simd_f32s(&pass.left[at[p]..at[p] + high * S::F32_LANES]).0;
            at[p] += heights[p];
            for c in 0..COLUMNS {
                for h in 0..high {
                    sums[p][c][h] = multiply_add(simd, a[h], columns[c], sums[p][c][h]);
                }
            }
        }
    }
    let mut tile = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for (range, sums) in ranges.into_iter().zip(&sums).take(panels.len()) {
        let rows = range.len();
        for (i, row) in tile[..rows].iter_mut().enumerate() {
            let row: &mut [f32] = bytemuck::cast_slice_mut(row);
            for (to, column) in row.iter_mut().zip(sums) {
                let column: &[f32] = bytemuck::cast_slice(column);
                *to = column[i];
            }
        }
        target.put(simd, range.start - origin, column, &mut tile[..rows], pass.step);
    }
}
