//! An array whose every axis is read at listed positions: slices with steps, flips, padding of any
//! mode, tiling, gathering along axes, nearest resizing. And the gradient, which adds up at the
//! positions.

use crate::copy::Element;
use crate::parallel::{self, Body, PIECE};
use crate::walk::strides;

/// One axis of the result: which position of the input's axis each element reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Axis {
    /// All of them, in order.
    All,
    /// The positions in this list; `None` reads no element but the fill value.
    List(Vec<Option<usize>>),
}

impl Axis {
    /// Length of the result's axis over an input's axis of `size`.
    pub fn len(&self, size: usize) -> usize {
        match self {
            Self::All => size,
            Self::List(list) => list.len(),
        }
    }

    fn at(&self, i: usize) -> Option<usize> {
        match self {
            Self::All => Some(i),
            Self::List(list) => list[i],
        }
    }
}

/// The map of a whole array: its axes, of which the last is made of runs of neighbouring positions.
#[derive(Debug)]
struct Map<'a> {
    axes: &'a [Axis],
    from: Vec<usize>,
    to: Vec<usize>,
    /// Product of the sizes of the trailing axes that are read whole.
    block: usize,
    /// Number of axes before those.
    rank: usize,
    /// The last axis before those as neighbouring positions: `(first, count)`.
    runs: Vec<(Option<usize>, usize)>,
    strides: Vec<usize>,
}

fn runs(axis: Option<&Axis>) -> Vec<(Option<usize>, usize)> {
    let mut out: Vec<(Option<usize>, usize)> = Vec::new();
    if let Some(Axis::List(list)) = axis {
        for &at in list {
            match out.last_mut() {
                Some((first, count)) if first.map(|f| f + *count) == at => *count += 1,
                _ => out.push((at, 1)),
            }
        }
    }
    out
}

impl<'a> Map<'a> {
    fn new(shape: &[usize], axes: &'a [Axis]) -> Self {
        assert_eq!(shape.len(), axes.len());
        for (axis, &size) in axes.iter().zip(shape) {
            if let Axis::List(list) = axis {
                assert!(
                    list.iter().flatten().all(|&i| i < size),
                    "a position is outside of its axis"
                );
            }
        }
        let rank = axes.iter().rposition(|a| *a != Axis::All).map_or(0, |i| i + 1);
        Self {
            axes,
            from: shape.to_vec(),
            to: axes.iter().zip(shape).map(|(a, &d)| a.len(d)).collect(),
            block: shape[rank..].iter().product(),
            rank,
            runs: runs(rank.checked_sub(1).map(|last| &axes[last])),
            strides: strides(shape),
        }
    }

    fn len(&self) -> usize {
        self.to.iter().product()
    }

    /// Elements of a row of the result: the last axis that is not read whole, and what is inside.
    fn row(&self) -> usize {
        self.rank.checked_sub(1).map_or(1, |last| self.to[last]) * self.block
    }

    /// Where row `index` of the result begins in the input; `None` where an axis says so.
    #[inline(always)]
    fn source(&self, mut index: usize) -> Option<usize> {
        let mut base = 0;
        for axis in (0..self.rank.saturating_sub(1)).rev() {
            base += self.axes[axis].at(index % self.to[axis])? * self.strides[axis];
            index /= self.to[axis];
        }
        Some(base)
    }
}

/// The array read at `axes`, one entry an axis of `shape`; `fill` where an axis reads nothing.
///
/// # Panics
/// Where a position is outside of its axis.
pub fn forward<T: Element>(x: &[T], shape: &[usize], axes: &[Axis], fill: T) -> Vec<T> {
    let map = Map::new(shape, axes);
    assert_eq!(x.len(), shape.iter().product::<usize>());
    parallel::collect(map.len(), parallel::rows(map.row()), &Forward { x, map, fill })
}

struct Forward<'a, T> {
    x: &'a [T],
    map: Map<'a>,
    fill: T,
}

impl<T: Element> Body<T> for Forward<'_, T> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [T]) {
        let Self { x, map, fill } = self;
        let Some(last) = map.rank.checked_sub(1) else {
            y.copy_from_slice(&x[start..start + y.len()]);
            return;
        };
        let (block, row) = (map.block, map.row());
        let mut last_source = None;
        for k in 0..y.len() / row {
            let (before, y) = y[..(k + 1) * row].split_at_mut(k * row);
            let source = map.source(start / row + k);
            // Resizing reads a row several times in turn.
            if last_source == Some(source) {
                y.copy_from_slice(&before[(k - 1) * row..]);
                continue;
            }
            last_source = Some(source);
            let (Some(base), Axis::List(list)) = (source, &map.axes[last]) else {
                y.fill(*fill);
                continue;
            };
            if block == 1 && map.runs.len() * 4 > list.len() {
                let x = &x[base..base + map.from[last]];
                for (y, at) in y.iter_mut().zip(list) {
                    *y = at.map_or(*fill, |at| x[at]);
                }
                continue;
            }
            let mut y = y;
            for &(at, count) in &map.runs {
                let (now, later) = y.split_at_mut(count * block);
                match at {
                    Some(at) => now.copy_from_slice(&x[base + at * block..base + (at + count) * block]),
                    None => now.fill(*fill),
                }
                y = later;
            }
        }
    }
}

/// The gradient of `x`: every element of `gradient` added where it was read from, in its order.
///
/// # Panics
/// Where `gradient` does not have the size of the result.
pub fn backward(shape: &[usize], axes: &[Axis], gradient: &[f32]) -> Vec<f32> {
    let map = Map::new(shape, axes);
    assert_eq!(gradient.len(), map.len());
    // Leading axes that are read whole split input and gradient alike.
    let lead = axes.iter().position(|a| *a != Axis::All).unwrap_or(axes.len());
    let (from, to): (usize, usize) = (shape[lead..].iter().product(), map.to[lead..].iter().product());
    let len: usize = shape.iter().product();
    if len == 0 {
        return Vec::new();
    }
    let body = Backward {
        gradient,
        map,
        from,
        to,
    };
    parallel::collect(len, (PIECE / from).max(1) * from, &body)
}

struct Backward<'a> {
    gradient: &'a [f32],
    map: Map<'a>,
    from: usize,
    to: usize,
}

impl Body<f32> for Backward<'_> {
    #[inline(always)]
    fn run(&self, start: usize, dx: &mut [f32]) {
        let Self { map, from, to, .. } = self;
        let first = start / from * to;
        let gradient = &self.gradient[first..first + dx.len() / from * to];
        let Some(Axis::List(list)) = map.rank.checked_sub(1).map(|last| &map.axes[last]) else {
            dx.copy_from_slice(gradient);
            return;
        };
        let (block, row) = (map.block, map.row());
        if row == 0 {
            return;
        }
        for (k, g) in gradient.chunks_exact(row).enumerate() {
            let Some(base) = map.source(first / row + k) else {
                continue;
            };
            let dx = &mut dx[base - start..];
            for (g, at) in g.chunks_exact(block).zip(list) {
                let Some(at) = at else { continue };
                for (dx, g) in dx[at * block..(at + 1) * block].iter_mut().zip(g) {
                    *dx += g;
                }
            }
        }
    }
}
