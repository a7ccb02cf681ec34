//! Cutting a product into blocks for threads, and walking through a block pass by pass.

use std::ops::Range;

use pulp::Simd;
use rayon::prelude::*;

use super::kernel::{self, Pass};
use super::pack::{self, PackedColumns, PackedRows};
use super::split::Split;
use super::target::{Step, Target, cut};
use super::view::Matrix;
use crate::epilogue::{Axis, Epilogue};
use crate::machine::{self, Kernel};
use crate::scratch;

/// Elements of a block of the right operand in one pass: half of a 512 KB cache.
const BLOCK: usize = 64 * 1024;

/// Blocks that a large product is cut into at least, and a multiple of which any one is: what is cut
/// evenly for eight threads is even for fewer.
const BLOCKS: usize = 8;

/// Multiplications below which a second thread costs more than it brings.
const SMALL: usize = 1 << 18;

/// A right operand that is packed block by block, while the product runs.
pub(crate) trait Columns: Sync {
    /// Packs `columns` for pass number `pass` into panels [`stride`] elements apart. What lies between
    /// the panels may be overwritten.
    fn pack<S: Simd, const VECTORS: usize>(&self, simd: S, pass: usize, columns: Range<usize>, out: &mut [f32]);
}

/// Elements from a panel of a block to the next: one line is spare, so that rows can be written whole.
pub(crate) fn stride(depth: usize, width: usize) -> usize {
    (depth + 1) * width
}

/// A plain matrix as right operand.
pub(crate) struct MatrixColumns<'a> {
    pub matrix: Matrix<'a>,
    pub depth: Split,
}

impl Columns for MatrixColumns<'_> {
    #[inline(always)]
    fn pack<S: Simd, const VECTORS: usize>(&self, _: S, pass: usize, columns: Range<usize>, out: &mut [f32]) {
        let width = VECTORS * S::F32_LANES;
        let k = self.depth.range(pass);
        for (start, panel) in columns
            .clone()
            .step_by(width)
            .zip(out.chunks_mut(stride(k.len(), width)))
        {
            let end = (start + width).min(columns.end);
            pack::pack_columns(self.matrix, k.clone(), start..end, width, &mut panel[..k.len() * width]);
        }
    }
}

/// The product of one group: rows `left` of the result, from columns `right`.
pub(crate) struct Part<'a, C> {
    pub left: &'a PackedRows,
    pub right: C,
}

/// Products of packed rows with columns packed on the way. The rows of the parts, one after another,
/// are the rows of `c`, of shape `[images, rows, columns]`; `total` is `images * columns`.
pub(crate) fn from_columns<C: Columns>(
    parts: &[Part<'_, C>],
    columns: usize,
    total: usize,
    epilogue: &Epilogue<'_>,
    axis: Axis,
    c: &mut [f32],
) {
    let width = machine::tile().columns;
    let Some(first) = parts.first() else { return };
    let (rows, depth) = (first.left.rows, first.left.depth);
    let panels = total.div_ceil(width);
    let room = (BLOCK / (depth.largest().max(1) * width)).max(1);
    let work = rows.total() * depth.total() * total;
    let mut blocks = panels.div_ceil(room);
    if work > SMALL {
        blocks = blocks.max((panels / 4).min(BLOCKS));
    }
    let alone = work <= SMALL || parts.len() * blocks >= BLOCKS;
    if blocks > BLOCKS {
        blocks = blocks.next_multiple_of(BLOCKS);
    }
    // Few columns: they are packed once for all threads, which then share the rows.
    let groups = if alone {
        Split::into(rows.parts, 1, 1)
    } else {
        blocks = panels.div_ceil(room);
        Split::into(rows.parts, 1, (2 * BLOCKS).div_ceil(blocks).min(rows.parts.div_ceil(2)))
    };
    let blocks = Split::into(panels, width, blocks);
    let column_cuts: Vec<usize> = (0..=blocks.parts).map(|i| blocks.start(i).min(total)).collect();
    let mut row_cuts = vec![0];
    for part in 0..parts.len() {
        row_cuts.extend((1..=groups.parts).map(|i| part * rows.total() + rows.start(groups.start(i))));
    }
    let targets = cut(c, columns, &row_cuts, &column_cuts, epilogue, axis);
    let shared: Vec<Shared> = if alone {
        Vec::new()
    } else {
        parts
            .iter()
            .map(|part| Shared::new(part, &column_cuts, width))
            .collect()
    };
    let run = |(i, mut target): (usize, Target<'_>)| {
        let (row_block, block) = (i / blocks.parts, i % blocks.parts);
        let (part, group) = (row_block / groups.parts, row_block % groups.parts);
        machine::dispatch(Block {
            part: &parts[part],
            panels: groups.range(group),
            shared: shared.get(part).map(|s| s.block(block)),
            target: &mut target,
        });
    };
    if targets.len() == 1 {
        targets.into_iter().enumerate().for_each(run);
    } else {
        targets.into_par_iter().enumerate().with_max_len(1).for_each(run);
    }
}

/// The right operand packed as a whole: block by block, in each pass by pass.
struct Shared {
    data: scratch::Scratch,
    starts: Vec<usize>,
}

impl Shared {
    fn new<C: Columns>(part: &Part<'_, C>, column_cuts: &[usize], width: usize) -> Self {
        let depth = part.left.depth;
        let mut starts = vec![0];
        for cuts in column_cuts.windows(2) {
            let panels = (cuts[1] - cuts[0]).div_ceil(width);
            let size: usize = (0..depth.parts)
                .map(|p| panels * stride(depth.range(p).len(), width))
                .sum();
            starts.push(starts[starts.len() - 1] + size);
        }
        let mut data = scratch::take(starts[starts.len() - 1]);
        let mut rest = &mut data[..];
        let mut pieces = Vec::new();
        for cuts in column_cuts.windows(2) {
            let panels = Split::into((cuts[1] - cuts[0]).div_ceil(width), width, 4);
            for pass in 0..depth.parts {
                for piece in 0..panels.parts {
                    let range = panels.range(piece);
                    let size = range.len() / width * stride(depth.range(pass).len(), width);
                    let (out, after) = rest.split_at_mut(size);
                    rest = after;
                    pieces.push((pass, cuts[0] + range.start..(cuts[0] + range.end).min(cuts[1]), out));
                }
            }
        }
        pieces.into_par_iter().for_each(|(pass, columns, out)| {
            machine::dispatch(PackOnly {
                source: &part.right,
                pass,
                columns,
                out,
            });
        });
        Self { data, starts }
    }

    fn block(&self, i: usize) -> &[f32] {
        &self.data[self.starts[i]..self.starts[i + 1]]
    }
}

struct PackOnly<'a, C> {
    source: &'a C,
    pass: usize,
    columns: Range<usize>,
    out: &'a mut [f32],
}

impl<C: Columns> Kernel for PackOnly<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        self.source.pack::<S, VECTORS>(simd, self.pass, self.columns, self.out);
    }
}

/// One block of [`from_columns`].
struct Block<'a, 't, C> {
    part: &'a Part<'a, C>,
    panels: Range<usize>,
    shared: Option<&'a [f32]>,
    target: &'a mut Target<'t>,
}

impl<C: Columns> Kernel for Block<'_, '_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        let width = VECTORS * S::F32_LANES;
        let PackedRows { rows, depth, .. } = *self.part.left;
        let columns = self.target.columns.clone();
        let panels = columns.len().div_ceil(width);
        let mut own = match self.shared {
            Some(_) => scratch::take(0),
            None => scratch::take(panels * stride(depth.largest(), width)),
        };
        let mut shared = self.shared.unwrap_or(&[]);
        let top = rows.start(self.panels.start);
        let bottom = rows.start(self.panels.end);
        for pass in 0..depth.parts {
            let k = depth.range(pass).len();
            let stride = stride(k, width);
            let right = if self.shared.is_some() {
                let (now, after) = shared.split_at(panels * stride);
                shared = after;
                now
            } else {
                let own = &mut own[..panels * stride];
                self.part.right.pack::<S, VECTORS>(simd, pass, columns.clone(), own);
                own
            };
            let pass = Pass {
                left: self.part.left.pass(pass, top..bottom),
                rows,
                panels: self.panels.clone(),
                right,
                stride,
                depth: k,
                step: Step {
                    first: pass == 0,
                    last: pass + 1 == depth.parts,
                },
            };
            kernel::run::<S, ROWS, VECTORS>(simd, &pass, self.target);
        }
    }
}

/// Rows of a block of a left operand that is packed on the way.
const ROWS_TOGETHER: usize = 128;

/// The product of a plain matrix with packed columns: `c` is `[rows, columns]`.
pub(crate) fn from_rows(a: Matrix<'_>, right: &PackedColumns, epilogue: &Epilogue<'_>, c: &mut [f32]) {
    let tile = machine::tile();
    let depth = right.depth;
    let work = a.rows * a.columns * right.columns;
    let mut blocks = a.rows.div_ceil(ROWS_TOGETHER);
    if work > SMALL && blocks > 2 {
        blocks = blocks.next_multiple_of(BLOCKS);
    }
    let rows = Split::into(a.rows, 1, blocks);
    let panels = right.columns.div_ceil(tile.columns);
    // Few rows: they are packed once for all threads, which then share the columns.
    let across = if work > SMALL && rows.parts < BLOCKS {
        Split::into(panels, tile.columns, (panels / 6).clamp(2, 2 * BLOCKS))
    } else {
        Split::into(panels, tile.columns, 1)
    };
    let column_cuts: Vec<usize> = (0..=across.parts).map(|i| across.start(i).min(right.columns)).collect();
    let row_cuts: Vec<usize> = (0..=rows.parts).map(|i| rows.start(i)).collect();
    let shared: Vec<PackedRows> = if across.parts == 1 {
        Vec::new()
    } else {
        (0..rows.parts)
            .map(|i| {
                let block = a.row_range(rows.range(i));
                PackedRows::new(block, depth, scratch::take(PackedRows::size(block.rows, block.columns)))
            })
            .collect()
    };
    let targets = cut(c, right.columns, &row_cuts, &column_cuts, epilogue, Axis::Column);
    let run = |(i, mut target): (usize, Target<'_>)| {
        let block = i / across.parts;
        machine::dispatch(RowBlock {
            matrix: a.row_range(rows.range(block)),
            shared: shared.get(block),
            right,
            target: &mut target,
        });
    };
    if targets.len() == 1 {
        targets.into_iter().enumerate().for_each(run);
    } else {
        targets.into_par_iter().enumerate().with_max_len(1).for_each(run);
    }
}

/// One block of [`from_rows`].
struct RowBlock<'a, 't> {
    matrix: Matrix<'a>,
    shared: Option<&'a PackedRows>,
    right: &'a PackedColumns,
    target: &'a mut Target<'t>,
}

impl Kernel for RowBlock<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        let width = VECTORS * S::F32_LANES;
        let depth = self.right.depth;
        let rows = Split::at_most(self.matrix.rows, 1, ROWS);
        let mut own = match self.shared {
            Some(_) => scratch::take(0),
            None => scratch::take(PackedRows::size(self.matrix.rows, depth.largest())),
        };
        for pass in 0..depth.parts {
            let k = depth.range(pass);
            let left = if let Some(shared) = self.shared {
                shared.pass(pass, 0..rows.total())
            } else {
                let size = PackedRows::size(self.matrix.rows, k.len());
                pack::pack_rows(self.matrix, rows, 0..rows.parts, k.clone(), &mut own);
                &own[..size]
            };
            let pass = Pass {
                left,
                rows,
                panels: 0..rows.parts,
                right: self.right.pass(pass, &self.target.columns),
                stride: k.len() * width,
                depth: k.len(),
                step: Step {
                    first: pass == 0,
                    last: pass + 1 == depth.parts,
                },
            };
            kernel::run::<S, ROWS, VECTORS>(simd, &pass, self.target);
        }
    }
}
