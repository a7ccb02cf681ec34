//! Products of matrices of small integers, exact modulo 2^32.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Multiplications of a piece. Fixed, so that where a piece ends does not depend on the machine.
const PIECE: usize = 1 << 20;

/// Columns that go by while one row is at hand: they stay in the second-level cache.
const COLUMNS: usize = 64;

/// `y = a b^T`: `a` `[rows, depth]`, `b` `[columns, depth]`, `y` `[rows, columns]`.
///
/// # Panics
/// Where a slice's length is not the product of its shape.
pub fn product(depth: usize, a: &[i16], b: &[i16], y: &mut [i32]) {
    if depth == 0 || y.is_empty() {
        y.fill(0);
        return;
    }
    assert!(a.len().is_multiple_of(depth) && b.len().is_multiple_of(depth));
    let columns = b.len() / depth;
    assert_eq!(y.len(), a.len() / depth * columns);
    let rows = (PIECE / (depth * columns)).max(1);
    let arch = Arch::new();
    let tile = |(k, y): (usize, &mut [i32])| {
        let first = k * rows;
        let a = &a[first * depth..(first + y.len() / columns) * depth];
        arch.dispatch(Tile {
            depth,
            columns,
            a,
            b,
            y,
        });
    };
    if y.len() <= rows * columns {
        tile((0, y));
    } else {
        y.par_chunks_mut(rows * columns).enumerate().for_each(tile);
    }
}

struct Tile<'a> {
    depth: usize,
    columns: usize,
    a: &'a [i16],
    b: &'a [i16],
    y: &'a mut [i32],
}

impl WithSimd for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            depth,
            columns,
            a,
            b,
            y,
        } = self;
        for start in (0..columns).step_by(COLUMNS) {
            let end = columns.min(start + COLUMNS);
            for (row, y) in a.chunks_exact(depth).zip(y.chunks_exact_mut(columns)) {
                let block = &b[start * depth..end * depth];
                let mut y = y[start..end].chunks_exact_mut(4);
                let mut fours = block.chunks_exact(4 * depth);
                for (y, four) in y.by_ref().zip(fours.by_ref()) {
                    y.copy_from_slice(&dots(row, four, depth));
                }
                for (y, column) in y.into_remainder().iter_mut().zip(fours.remainder().chunks_exact(depth)) {
                    *y = dot(row, column);
                }
            }
        }
    }
}

#[inline(always)]
fn dot(a: &[i16], b: &[i16]) -> i32 {
    let products = a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b));
    products.fold(0, i32::wrapping_add)
}

/// Four at a time, so that the row is read once for all of them.
#[inline(always)]
fn dots(a: &[i16], b: &[i16], depth: usize) -> [i32; 4] {
    let (b0, rest) = b.split_at(depth);
    let (b1, rest) = rest.split_at(depth);
    let (b2, b3) = rest.split_at(depth);
    let mut sums = [0i32; 4];
    for ((((&a, &b0), &b1), &b2), &b3) in a.iter().zip(b0).zip(b1).zip(b2).zip(b3) {
        for (sum, b) in sums.iter_mut().zip([b0, b1, b2, b3]) {
            *sum = sum.wrapping_add(i32::from(a) * i32::from(b));
        }
    }
    sums
}
