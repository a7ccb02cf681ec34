//! Moving elements without computing: strided views into row-major order (permuted, sliced and
//! broadcast arrays), joins, and every element from a list of positions along each axis.

use crate::parallel::{self, Body, PIECE};
use crate::walk::{Axis, Walk};

/// What can be moved.
pub trait Element: Copy + Default + Send + Sync {}
impl<T: Copy + Default + Send + Sync> Element for T {}

/// The elements `x[base + sum(i_k * strides_k)]` for every index of `shape`, row-major.
///
/// # Panics
/// Where an index is outside of `x`.
pub fn pack<T: Element>(x: &[T], base: usize, shape: &[usize], strides: &[usize]) -> Vec<T> {
    let len: usize = shape.iter().product();
    if len == 0 {
        return Vec::new();
    }
    let walk = Walk::new(shape, [strides]);
    let x = &x[base..];
    // The axis that lies along memory, if it is not the last one, is turned into it tile by tile.
    let axes = walk.axes();
    match axes.iter().rposition(|a| a.steps == [1]) {
        Some(axis) if axis + 1 < axes.len() && walk.inner().steps != [0] => transposed(&Tiles { x, walk: &walk, axis }),
        _ => parallel::collect(len, PIECE, &Runs { x, walk }),
    }
}

/// The axes of a row-major array in another order: axis `i` of the result is axis `order[i]` of `x`.
///
/// # Panics
/// Where `order` is no permutation or `x` has another size.
pub fn permute<T: Element>(x: &[T], shape: &[usize], order: &[usize]) -> Vec<T> {
    let from = crate::walk::strides(shape);
    let strides: Vec<usize> = order.iter().map(|&a| from[a]).collect();
    let shape: Vec<usize> = order.iter().map(|&a| shape[a]).collect();
    assert_eq!(x.len(), shape.iter().product::<usize>());
    pack(x, 0, &shape, &strides)
}

struct Runs<'a, T> {
    x: &'a [T],
    walk: Walk<1>,
}

impl<T: Element> Body<T> for Runs<'_, T> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [T]) {
        let [step] = self.walk.inner().steps;
        self.walk.runs(start, y.len(), |at, len, [i]| {
            let y = &mut y[at..at + len];
            match step {
                0 => y.fill(self.x[i]),
                1 => y.copy_from_slice(&self.x[i..i + len]),
                _ => y
                    .iter_mut()
                    .zip(self.x[i..].iter().step_by(step))
                    .for_each(|(y, x)| *y = *x),
            }
        });
    }
}

/// Edge of a tile: a cache line of `f32`.
const EDGE: usize = 16;

struct Tiles<'a, T> {
    x: &'a [T],
    walk: &'a Walk<1>,
    /// The output's axis along which `x` lies in memory.
    axis: usize,
}

/// Output `[outer, n, rest]`, where `n` is walked in tiles of [`EDGE`].
fn transposed<T: Element>(body: &Tiles<'_, T>) -> Vec<T> {
    let axes = body.walk.axes();
    let size = |axes: &[Axis<1>]| axes.iter().map(|a| a.size).product::<usize>();
    let (outer, n, rest) = (
        size(&axes[..body.axis]),
        axes[body.axis].size,
        size(&axes[body.axis + 1..]),
    );
    let mut y = vec![T::default(); outer * n * rest];
    // Pieces end where an outer index or a tile does; the cut depends on sizes alone.
    let group = (PIECE / (EDGE * rest)).max(1) * EDGE;
    let mut pieces: Vec<(usize, &mut [T])> = Vec::with_capacity(outer * n.div_ceil(group));
    let mut left = y.as_mut_slice();
    for o in 0..outer {
        for first in (0..n).step_by(group) {
            let (piece, more) = left.split_at_mut(group.min(n - first) * rest);
            left = more;
            pieces.push((o * n + first, piece));
        }
    }
    // Small pieces are joined, so that a thread gets enough to do.
    let few = (PIECE / (group.min(n) * rest)).max(1);
    parallel::each(pieces, few, |(at, piece)| {
        for (k, tile) in piece.chunks_mut(EDGE * rest).enumerate() {
            body.tile(at + k * EDGE, tile, rest);
        }
    });
    y
}

impl<T: Element> Tiles<'_, T> {
    /// Up to [`EDGE`] indices of the axis from index `at` (counted over the outer axes and this one)
    /// with everything inside of them.
    fn tile(&self, at: usize, y: &mut [T], rest: usize) {
        let (outer, inside) = self.walk.axes().split_at(self.axis);
        let (inner, middle) = (self.walk.inner(), &inside[1..inside.len() - 1]);
        let (mut offset, mut index) = (at % inside[0].size, at / inside[0].size);
        for axis in outer.iter().rev() {
            offset += index % axis.size * axis.steps[0];
            index /= axis.size;
        }
        let height = y.len() / rest;
        let mut index = vec![0; middle.len()];
        for row in 0..rest / inner.size {
            for column in (0..inner.size).step_by(EDGE) {
                let width = EDGE.min(inner.size - column);
                let mut block = [[T::default(); EDGE]; EDGE];
                for (c, line) in block.iter_mut().enumerate().take(width) {
                    let from = offset + (column + c) * inner.steps[0];
                    line[..height].copy_from_slice(&self.x[from..from + height]);
                }
                for (h, y) in y.chunks_exact_mut(rest).enumerate() {
                    let y = &mut y[row * inner.size + column..][..width];
                    for (y, line) in y.iter_mut().zip(&block) {
                        *y = line[h];
                    }
                }
            }
            for (index, axis) in index.iter_mut().zip(middle).rev() {
                *index += 1;
                offset += axis.steps[0];
                if *index < axis.size {
                    break;
                }
                offset -= axis.steps[0] * axis.size;
                *index = 0;
            }
        }
    }
}

/// Joins arrays `[outer, widths[i]]` side by side, to `[outer, sum of widths]`.
///
/// # Panics
/// Where a part has another size.
pub fn join<T: Element>(parts: &[&[T]], widths: &[usize], outer: usize) -> Vec<T> {
    assert_eq!(parts.len(), widths.len());
    for (part, width) in parts.iter().zip(widths) {
        assert_eq!(part.len(), outer * width);
    }
    let width: usize = widths.iter().sum();
    parallel::collect(outer * width, PIECE, &Join { parts, widths, width })
}

struct Join<'a, T> {
    parts: &'a [&'a [T]],
    widths: &'a [usize],
    width: usize,
}

impl<T: Element> Body<T> for Join<'_, T> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [T]) {
        let (mut row, mut column) = (start / self.width, start % self.width);
        let mut y = y;
        while !y.is_empty() {
            let mut from = 0;
            for (part, &width) in self.parts.iter().zip(self.widths) {
                if column < from + width && !y.is_empty() {
                    let skip = column - from;
                    let len = (width - skip).min(y.len());
                    let (now, later) = y.split_at_mut(len);
                    now.copy_from_slice(&part[row * width + skip..row * width + skip + len]);
                    y = later;
                    column += len;
                }
                from += width;
            }
            (row, column) = (row + 1, 0);
        }
    }
}
