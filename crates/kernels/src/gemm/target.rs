//! The result, cut into blocks that threads own.

use std::ops::Range;

use pulp::{Simd, bytemuck};

use crate::epilogue::{Axis, Epilogue};
use crate::machine::{load, store};

/// A stretch of a block's columns that is contiguous in the result.
#[derive(Debug)]
struct Segment {
    /// Columns, counted from the block's first.
    columns: Range<usize>,
    /// Where the first row's first column lies in the whole result.
    base: usize,
}

/// One block of a result of shape `[images, rows, columns]`, seen as a matrix with `images * columns`
/// columns.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    segments: Vec<Segment>,
    /// One slice a row, segment by segment.
    slices: Vec<&'a mut [f32]>,
    /// The block's first row, counted in the whole result.
    pub first_row: usize,
    pub rows: usize,
    /// The block's columns, counted in the whole result.
    pub columns: Range<usize>,
    /// Elements from a row to the next, in the whole result.
    row_stride: usize,
    epilogue: &'a Epilogue<'a>,
    axis: Axis,
}

/// Cuts `c` of shape `[images, rows, columns]` at the given rows and columns (both begin with 0 and end
/// with the whole). Blocks come row by row: all column blocks of the first row block, then the next.
pub(crate) fn cut<'a>(
    c: &'a mut [f32],
    columns: usize,
    row_cuts: &[usize],
    column_cuts: &[usize],
    epilogue: &'a Epilogue<'a>,
    axis: Axis,
) -> Vec<Target<'a>> {
    let rows = row_cuts[row_cuts.len() - 1];
    let across = column_cuts.len() - 1;
    let mut targets: Vec<Target<'a>> = row_cuts
        .windows(2)
        .flat_map(|r| {
            column_cuts.windows(2).map(|c| Target {
                segments: Vec::new(),
                slices: Vec::new(),
                first_row: r[0],
                rows: r[1] - r[0],
                columns: c[0]..c[1],
                row_stride: columns,
                epilogue,
                axis,
            })
        })
        .collect();
    for (image, plane) in c.chunks_exact_mut(rows * columns).enumerate() {
        let (from, to) = (image * columns, (image + 1) * columns);
        // The column blocks that touch this image.
        let begin = column_cuts.partition_point(|&cut| cut <= from) - 1;
        let end = column_cuts.partition_point(|&cut| cut < to);
        let mut lines = plane.chunks_exact_mut(columns);
        for (block, r) in row_cuts.windows(2).enumerate() {
            for (i, mut line) in lines.by_ref().take(r[1] - r[0]).enumerate() {
                for (j, cuts) in column_cuts[begin..=end].windows(2).enumerate() {
                    let target = &mut targets[block * across + begin + j];
                    let (start, stop) = (cuts[0].max(from), cuts[1].min(to));
                    let (piece, rest) = line.split_at_mut(stop - start);
                    line = rest;
                    if i == 0 {
                        target.segments.push(Segment {
                            columns: start - cuts[0]..stop - cuts[0],
                            base: (image * rows + r[0]) * columns + start - from,
                        });
                    }
                    target.slices.push(piece);
                }
            }
        }
    }
    targets
}

/// Where in the sum over `k` a tile comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Nothing has been stored for it yet.
    pub first: bool,
    /// The sum is complete with it.
    pub last: bool,
}

impl Target<'_> {
    /// Adds a tile at `row`, `column` of the block, and finishes it where it is the last. The tile's
    /// content is lost.
    #[inline(always)]
    pub fn put<S: Simd, const VECTORS: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        tile: &mut [[S::f32s; VECTORS]],
        step: Step,
    ) {
        let width = VECTORS * S::F32_LANES;
        for s in 0..self.segments.len() {
            let segment = &self.segments[s];
            let start = column.max(segment.columns.start);
            let stop = (column + width).min(segment.columns.end);
            if start >= stop {
                continue;
            }
            let within = start - segment.columns.start;
            let place = Place {
                row: self.first_row + row,
                column: self.columns.start + start,
                at: segment.base + row * self.row_stride + within,
                row_stride: self.row_stride,
            };
            let from = s * self.rows + row;
            let slices = &mut self.slices[from..from + tile.len()];
            if stop - start == width {
                whole::<S, VECTORS>(simd, tile, slices, within, step, self.epilogue, self.axis, &place);
            } else {
                part::<S, VECTORS>(
                    tile,
                    start - column,
                    slices,
                    within..within + stop - start,
                    step,
                    self.epilogue,
                    self.axis,
                    &place,
                );
            }
        }
    }
}

/// Where a tile lies: in the matrix, and in the array.
struct Place {
    row: usize,
    column: usize,
    at: usize,
    row_stride: usize,
}

/// The parameter of each element's channel.
#[inline(always)]
fn parameter<S: Simd, const VECTORS: usize>(
    simd: S,
    values: &[f32],
    axis: Axis,
    place: &Place,
    i: usize,
) -> [S::f32s; VECTORS] {
    match axis {
        Axis::Row => [simd.splat_f32s(values[place.row + i]); VECTORS],
        Axis::Column => load::<S, VECTORS>(&values[place.column..]),
    }
}

/// `f` of corresponding vectors.
#[inline(always)]
fn zip<S: Simd, const VECTORS: usize>(
    a: [S::f32s; VECTORS],
    b: [S::f32s; VECTORS],
    f: impl Fn(S::f32s, S::f32s) -> S::f32s,
) -> [S::f32s; VECTORS] {
    std::array::from_fn(
        #[inline(always)]
        |i| f(a[i], b[i]),
    )
}

/// A whole tile.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the caller's own state")]
fn whole<S: Simd, const VECTORS: usize>(
    simd: S,
    tile: &mut [[S::f32s; VECTORS]],
    slices: &mut [&mut [f32]],
    within: usize,
    step: Step,
    epilogue: &Epilogue<'_>,
    axis: Axis,
    place: &Place,
) {
    let add = |a, b| simd.add_f32s(a, b);
    let end = within + VECTORS * S::F32_LANES;
    if !step.last {
        for (v, slice) in tile.iter().zip(slices) {
            let out = &mut slice[within..end];
            let v = if step.first {
                *v
            } else {
                zip::<S, VECTORS>(load::<S, VECTORS>(out), *v, add)
            };
            store::<S, VECTORS>(out, v);
        }
        return;
    }
    let limits = epilogue.activation.limits();
    let (low, high) = limits.unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
    let (low, high) = (simd.splat_f32s(low), simd.splat_f32s(high));
    for (i, (v, slice)) in tile.iter_mut().zip(slices.iter_mut()).enumerate() {
        let out = &mut slice[within..end];
        let mut sum = *v;
        if !step.first {
            sum = zip::<S, VECTORS>(load::<S, VECTORS>(out), sum, add);
        }
        if let Some(bias) = epilogue.bias {
            sum = zip::<S, VECTORS>(sum, parameter::<S, VECTORS>(simd, bias, axis, place, i), add);
        }
        if let Some(norm) = epilogue.norm {
            let mean = parameter::<S, VECTORS>(simd, norm.mean, axis, place, i);
            let gain = parameter::<S, VECTORS>(simd, norm.gain, axis, place, i);
            let bias = parameter::<S, VECTORS>(simd, norm.bias, axis, place, i);
            sum = zip::<S, VECTORS>(
                sum,
                mean,
                #[inline(always)]
                |v, m| simd.sub_f32s(v, m),
            );
            sum = zip::<S, VECTORS>(
                sum,
                gain,
                #[inline(always)]
                |v, g| simd.mul_f32s(v, g),
            );
            sum = zip::<S, VECTORS>(sum, bias, add);
        }
        if let Some(residual) = epilogue.residual {
            let r = load::<S, VECTORS>(&residual[place.at + i * place.row_stride..]);
            sum = zip::<S, VECTORS>(sum, r, add);
        }
        // A NaN is neither below nor above: it stays.
        sum = sum.map(
            #[inline(always)]
            |v| simd.select_f32s(simd.less_than_f32s(v, low), low, v),
        );
        sum = sum.map(
            #[inline(always)]
            |v| simd.select_f32s(simd.less_than_f32s(high, v), high, v),
        );
        store::<S, VECTORS>(out, sum);
        *v = sum;
    }
    if limits.is_some() {
        return;
    }
    // The others are worth a loop over the whole tile.
    epilogue
        .activation
        .apply(bytemuck::cast_slice_mut(tile.as_flattened_mut()));
    for (v, slice) in tile.iter().zip(slices) {
        store::<S, VECTORS>(&mut slice[within..end], *v);
    }
}

/// A part of a tile, from column `from` of it on: at the border of an image or of the block.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the caller's own state")]
fn part<S: Simd, const VECTORS: usize>(
    tile: &[[S::f32s; VECTORS]],
    from: usize,
    slices: &mut [&mut [f32]],
    within: Range<usize>,
    step: Step,
    epilogue: &Epilogue<'_>,
    axis: Axis,
    place: &Place,
) {
    for (i, (values, slice)) in tile.iter().zip(slices).enumerate() {
        let values: &[f32] = bytemuck::cast_slice(values);
        let values = &values[from..from + within.len()];
        let out = &mut slice[within.clone()];
        if step.first {
            out.copy_from_slice(values);
        } else {
            out.iter_mut().zip(values).for_each(|(y, v)| *y += v);
        }
        if step.last {
            let at = place.at + i * place.row_stride;
            match axis {
                Axis::Row => epilogue.apply_row(place.row + i, at, out),
                Axis::Column => epilogue.apply_columns(place.column, at, out),
            }
        }
    }
}
