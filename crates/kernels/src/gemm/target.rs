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

/// The rows of a block's segments.
#[derive(Debug)]
enum Lines<'a> {
    /// One slice a row, segment by segment.
    Cut(Vec<&'a mut [f32]>),
    /// All rows of the one segment, `row_stride` elements apart.
    Whole(&'a mut [f32]),
}

/// One block of a result of shape `[images, rows, columns]`, seen as a matrix with `images * columns`
/// columns.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    segments: Vec<Segment>,
    lines: Lines<'a>,
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
    if across == 1 && c.len() == rows * columns {
        let mut rest = c;
        let blocks = row_cuts.windows(2).map(|r| {
            let (block, after) = std::mem::take(&mut rest).split_at_mut((r[1] - r[0]) * columns);
            rest = after;
            whole(block, r[0], columns, epilogue, axis)
        });
        return blocks.collect();
    }
    let mut targets: Vec<Target<'a>> = row_cuts
        .windows(2)
        .flat_map(|r| {
            column_cuts.windows(2).map(|c| Target {
                segments: Vec::new(),
                lines: Lines::Cut(Vec::new()),
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
                    if let Lines::Cut(slices) = &mut target.lines {
                        slices.push(piece);
                    }
                }
            }
        }
    }
    targets
}

/// A block of whole rows of `columns` elements, which begin with row `first_row` of a matrix.
pub(crate) fn whole<'a>(
    c: &'a mut [f32],
    first_row: usize,
    columns: usize,
    epilogue: &'a Epilogue<'a>,
    axis: Axis,
) -> Target<'a> {
    Target {
        segments: vec![Segment {
            columns: 0..columns,
            base: first_row * columns,
        }],
        rows: c.len() / columns,
        lines: Lines::Whole(c),
        first_row,
        columns: 0..columns,
        row_stride: columns,
        epilogue,
        axis,
    }
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
            let first = s * self.rows + row;
            let within = within..within + stop - start;
            let rows = Rows {
                lines: &mut self.lines,
                first,
                stride: self.row_stride,
                within,
            };
            let finish = Finish {
                step,
                epilogue: self.epilogue,
                axis: self.axis,
                place,
            };
            if stop - start == width {
                finish.whole::<S, VECTORS>(simd, tile, rows);
            } else {
                finish.part::<S, VECTORS>(simd, tile, start - column, rows);
            }
        }
    }
}

/// Some columns of the rows from `first` on.
struct Rows<'l, 'a> {
    lines: &'l mut Lines<'a>,
    first: usize,
    stride: usize,
    within: Range<usize>,
}

impl Rows<'_, '_> {
    #[inline(always)]
    fn get(&mut self, i: usize) -> &mut [f32] {
        let line = match self.lines {
            Lines::Cut(slices) => &mut *slices[self.first + i],
            Lines::Whole(data) => &mut data[(self.first + i) * self.stride..],
        };
        &mut line[self.within.clone()]
    }
}

/// Where a tile lies: in the matrix, and in the array.
struct Place {
    row: usize,
    column: usize,
    at: usize,
    row_stride: usize,
}

/// `to += v`, vector by vector.
#[inline(always)]
fn add<S: Simd, const VECTORS: usize>(simd: S, to: &mut [S::f32s; VECTORS], v: [S::f32s; VECTORS]) {
    for (to, v) in to.iter_mut().zip(v) {
        *to = simd.add_f32s(*to, v);
    }
}

/// What is done with a tile.
struct Finish<'a> {
    step: Step,
    epilogue: &'a Epilogue<'a>,
    axis: Axis,
    place: Place,
}

impl Finish<'_> {
    /// The parameter of each element's channel.
    #[inline(always)]
    fn parameter<S: Simd, const VECTORS: usize>(&self, simd: S, values: &[f32], i: usize) -> [S::f32s; VECTORS] {
        match self.axis {
            Axis::Row => [simd.splat_f32s(values[self.place.row + i]); VECTORS],
            Axis::Column => load::<S, VECTORS>(&values[self.place.column..]),
        }
    }

    /// A whole tile.
    #[inline(always)]
    fn whole<S: Simd, const VECTORS: usize>(&self, simd: S, tile: &mut [[S::f32s; VECTORS]], mut rows: Rows<'_, '_>) {
        let Self {
            step, epilogue, place, ..
        } = self;
        if !step.last {
            for (i, v) in tile.iter_mut().enumerate() {
                let out = rows.get(i);
                if !step.first {
                    add::<S, VECTORS>(simd, v, load::<S, VECTORS>(out));
                }
                store::<S, VECTORS>(out, *v);
            }
            return;
        }
        let limits = epilogue.activation.limits();
        let (low, high) = limits.unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
        let (low, high) = (simd.splat_f32s(low), simd.splat_f32s(high));
        for (i, v) in tile.iter_mut().enumerate() {
            let out = rows.get(i);
            if !step.first {
                // What was summed before comes first, as when it stays in the registers.
                let mut sum = load::<S, VECTORS>(out);
                add::<S, VECTORS>(simd, &mut sum, *v);
                *v = sum;
            }
            if let Some(bias) = epilogue.bias {
                add::<S, VECTORS>(simd, v, self.parameter::<S, VECTORS>(simd, bias, i));
            }
            if let Some(norm) = epilogue.norm {
                let mean = self.parameter::<S, VECTORS>(simd, norm.mean, i);
                let gain = self.parameter::<S, VECTORS>(simd, norm.gain, i);
                let bias = self.parameter::<S, VECTORS>(simd, norm.bias, i);
                for j in 0..VECTORS {
                    v[j] = simd.add_f32s(simd.mul_f32s(simd.sub_f32s(v[j], mean[j]), gain[j]), bias[j]);
                }
            }
            if let Some(residual) = epilogue.residual {
                let r = load::<S, VECTORS>(&residual[place.at + i * place.row_stride..]);
                add::<S, VECTORS>(simd, v, r);
            }
            for v in v.iter_mut() {
                // A NaN is neither below nor above: it stays.
                *v = simd.select_f32s(simd.less_than_f32s(*v, low), low, *v);
                *v = simd.select_f32s(simd.less_than_f32s(high, *v), high, *v);
            }
            store::<S, VECTORS>(out, *v);
        }
        if limits.is_some() {
            return;
        }
        // The others are worth a loop over the whole tile.
        epilogue
            .activation
            .apply(simd, bytemuck::cast_slice_mut(tile.as_flattened_mut()));
        for (i, v) in tile.iter().enumerate() {
            store::<S, VECTORS>(rows.get(i), *v);
        }
    }

    /// A part of a tile, from column `from` of it on: at the border of an image or of the block.
    #[inline(always)]
    fn part<S: Simd, const VECTORS: usize>(
        &self,
        simd: S,
        tile: &[[S::f32s; VECTORS]],
        from: usize,
        mut rows: Rows<'_, '_>,
    ) {
        for (i, values) in tile.iter().enumerate() {
            let out = rows.get(i);
            let values: &[f32] = bytemuck::cast_slice(values);
            let values = &values[from..from + out.len()];
            if self.step.first {
                out.copy_from_slice(values);
            } else {
                out.iter_mut().zip(values).for_each(|(y, v)| *y += v);
            }
            if self.step.last {
                let at = self.place.at + i * self.place.row_stride;
                match self.axis {
                    Axis::Row => self.epilogue.apply_row(simd, self.place.row + i, at, out),
                    Axis::Column => self.epilogue.apply_columns(simd, self.place.column, at, out),
                }
            }
        }
    }
}
