//! Operands in the order in which the kernel reads them.
//!
//! The left one lies in panels of some rows, each `[k][rows]`; the right one in panels of a tile's
//! columns, each `[k][columns]`. Both are cut along `k` first, so that what one pass reads is
//! contiguous.

use std::ops::Range;

use rayon::prelude::*;

use super::split::Split;
use super::view::Matrix;
use crate::machine;
use crate::scratch::Scratch;

/// Length of the sum of one pass: a panel of the right operand takes half of a 32 KB cache.
pub(crate) const DEPTH: usize = 288;

/// Elements behind the panels of a left operand that may be read, though nothing comes of them: a vector
/// is longer than a panel's rows.
pub(crate) const SLACK: usize = 16;

/// Elements that are worth another thread.
const PIECE: usize = 16 * 1024;

/// How a sum over `k` values is cut into passes.
pub(crate) fn depth(k: usize) -> Split {
    Split::at_most(k, 1, DEPTH)
}

/// Calls `f` for every piece, in parallel where there are several.
fn share<T: Send>(pieces: Vec<T>, f: impl Fn(T) + Sync + Send) {
    if pieces.len() == 1 {
        pieces.into_iter().for_each(f);
    } else {
        pieces.into_par_iter().for_each(f);
    }
}

/// A left operand `[m, k]` in panels.
#[derive(Debug)]
pub(crate) struct PackedRows {
    data: Scratch,
    /// The rows, in panels of at most a tile's rows.
    pub rows: Split,
    /// The sum, in passes.
    pub depth: Split,
}

impl PackedRows {
    /// Packs all of `a`; `depth` cuts the sum.
    pub fn new(a: Matrix<'_>, depth: Split, mut data: Scratch) -> Self {
        let rows = Split::at_most(a.rows, 1, machine::tile().rows);
        // Pieces of several panels: small ones would cost more to hand out than to pack.
        let groups = Split::into(rows.parts, 1, (a.rows * a.columns / PIECE).max(1).div_ceil(depth.parts));
        let mut rest = &mut data[..a.rows * a.columns];
        let mut pieces = Vec::with_capacity(depth.parts * groups.parts);
        for pass in 0..depth.parts {
            let k = depth.range(pass);
            for group in 0..groups.parts {
                let panels = groups.range(group);
                let height = rows.start(panels.end) - rows.start(panels.start);
                let (piece, after) = rest.split_at_mut(height * k.len());
                pieces.push((panels, k.clone(), piece));
                rest = after;
            }
        }
        share(pieces, |(panels, k, piece)| pack_rows(a, rows, panels, k, piece));
        Self { data, rows, depth }
    }

    /// The operand row by row.
    pub fn unpack(&self) -> Vec<f32> {
        let mut a = vec![0.0; self.rows.total() * self.depth.total()];
        for pass in 0..self.depth.parts {
            let k = self.depth.range(pass);
            let mut data = self.pass(pass, 0..self.rows.total());
            for panel in 0..self.rows.parts {
                let rows = self.rows.range(panel);
                let (values, rest) = data.split_at(rows.len() * k.len());
                data = rest;
                for (k, values) in k.clone().zip(values.chunks_exact(rows.len())) {
                    for (row, v) in rows.clone().zip(values) {
                        a[row * self.depth.total() + k] = *v;
                    }
                }
            }
        }
        a
    }

    /// Elements that an operand `[m, k]` takes.
    pub fn size(m: usize, k: usize) -> usize {
        m * k + SLACK
    }

    /// The rows `rows` of one pass, which begin and end with a panel, and some elements more.
    pub fn pass(&self, pass: usize, rows: Range<usize>) -> &[f32] {
        let k = self.depth.range(pass);
        let start = k.start * self.rows.total();
        &self.data[start + rows.start * k.len()..start + rows.end * k.len() + SLACK]
    }

    pub fn bytes(&self) -> usize {
        self.data.len() * 4
    }
}

/// A right operand `[k, n]` in panels.
#[derive(Debug)]
pub(crate) struct PackedColumns {
    data: Scratch,
    /// Columns, without the padding of the last panel.
    pub columns: usize,
    /// The sum, in passes.
    pub depth: Split,
    panels: usize,
    width: usize,
}

impl PackedColumns {
    /// Packs all of `b`; `depth` cuts the sum.
    pub fn new(b: Matrix<'_>, depth: Split, mut data: Scratch) -> Self {
        let width = machine::tile().columns;
        let panels = b.columns.div_ceil(width);
        let groups = Split::into(panels, 1, (b.rows * b.columns / PIECE).max(1).div_ceil(depth.parts));
        let mut pieces = Vec::with_capacity(depth.parts * groups.parts);
        let mut rest = &mut data[..panels * width * b.rows];
        for pass in 0..depth.parts {
            let k = depth.range(pass);
            for group in 0..groups.parts {
                let panels = groups.range(group);
                let (piece, after) = rest.split_at_mut(panels.len() * width * k.len());
                pieces.push((panels, k.clone(), piece));
                rest = after;
            }
        }
        share(pieces, |(panels, k, piece)| {
            for (panel, piece) in panels.zip(piece.chunks_exact_mut((width * k.len()).max(1))) {
                let columns = panel * width..((panel + 1) * width).min(b.columns);
                pack_columns(b, k.clone(), columns, width, piece);
            }
        });
        Self {
            data,
            columns: b.columns,
            depth,
            panels,
            width,
        }
    }

    /// Elements that an operand `[k, n]` takes.
    pub fn size(k: usize, n: usize) -> usize {
        k * n.next_multiple_of(machine::tile().columns)
    }

    /// The operand row by row.
    pub fn unpack(&self) -> Vec<f32> {
        let mut b = vec![0.0; self.depth.total() * self.columns];
        for pass in 0..self.depth.parts {
            let k = self.depth.range(pass);
            let panels = self
                .pass(pass, &(0..self.columns))
                .chunks_exact((k.len() * self.width).max(1));
            for (panel, values) in panels.enumerate() {
                let columns = panel * self.width..((panel + 1) * self.width).min(self.columns);
                for (k, values) in k.clone().zip(values.chunks_exact(self.width)) {
                    let row = &mut b[k * self.columns..(k + 1) * self.columns];
                    row[columns.clone()].copy_from_slice(&values[..columns.len()]);
                }
            }
        }
        b
    }

    /// The panels of one pass over `columns`, which begin with a panel.
    pub fn pass(&self, pass: usize, columns: &Range<usize>) -> &[f32] {
        let range = self.depth.range(pass);
        let start = range.start * self.panels * self.width + columns.start / self.width * self.width * range.len();
        let panels = columns.len().div_ceil(self.width);
        &self.data[start..start + panels * self.width * range.len()]
    }

    pub fn bytes(&self) -> usize {
        self.data.len() * 4
    }
}

/// Packs the panels `panels` of `rows` for `k` into `out`.
#[inline(always)]
pub(crate) fn pack_rows(a: Matrix<'_>, rows: Split, panels: Range<usize>, k: Range<usize>, out: &mut [f32]) {
    let mut out = out;
    for panel in panels {
        let range = rows.range(panel);
        let (now, after) = out.split_at_mut(range.len() * k.len());
        out = after;
        // One loop a height, so that it is unrolled.
        macro_rules! height {
            ($($h:literal)*) => {
                match range.len() {
                    $($h => interleave::<$h, $h>(a, range.start, k.clone(), now),)*
                    _ => {}
                }
            };
        }
        height!(1 2 3 4 5 6 7 8);
    }
}

/// Packs one panel of `columns`, `width` wide and padded with zeros, into `out`.
#[inline(always)]
pub(crate) fn pack_columns(b: Matrix<'_>, k: Range<usize>, columns: Range<usize>, width: usize, out: &mut [f32]) {
    if k.is_empty() {
        return;
    }
    let turned = b.transposed();
    let mut start = columns.start;
    macro_rules! stretch {
        ($h:literal, $width:literal, $out:expr) => {{
            interleave::<$h, $width>(turned, start, k.clone(), $out);
            start += $h;
        }};
    }
    match (width, columns.len()) {
        (16, 16) if b.column_stride == 1 => stretch!(16, 16, out),
        (32, 32) if b.column_stride == 1 => stretch!(32, 32, out),
        // Eight source lines at a time: more would not find room in the registers.
        (16, 16) => {
            stretch!(8, 16, out);
            stretch!(8, 16, &mut out[8..]);
        }
        (32, 32) => {
            stretch!(8, 32, out);
            stretch!(8, 32, &mut out[8..]);
            stretch!(8, 32, &mut out[16..]);
            stretch!(8, 32, &mut out[24..]);
        }
        (_, count) => {
            for (k, line) in k.zip(out.chunks_exact_mut(width)) {
                let from = k * b.row_stride + columns.start * b.column_stride;
                for (j, v) in line[..count].iter_mut().enumerate() {
                    *v = b.data[from + j * b.column_stride];
                }
                line[count..].fill(0.0);
            }
        }
    }
    debug_assert!(start == columns.start || start == columns.end);
}

/// Writes `COUNT` rows of `a` from `first` on next to each other: row `first + i` becomes the elements `i`,
/// `i + WIDTH`, `i + 2 * WIDTH` of `out`.
#[inline(always)]
fn interleave<const COUNT: usize, const WIDTH: usize>(a: Matrix<'_>, first: usize, k: Range<usize>, out: &mut [f32]) {
    if k.is_empty() {
        return;
    }
    let start = first * a.row_stride + k.start * a.column_stride;
    if a.row_stride == 1 {
        for (k, out) in out.chunks_mut(WIDTH).enumerate().take(k.len()) {
            let line = &a.data[start + k * a.column_stride..];
            if let (Some(line), Some(out)) = (line.first_chunk::<COUNT>(), out.first_chunk_mut::<COUNT>()) {
                *out = *line;
            }
        }
    } else if a.column_stride == 1 {
        let rows: [&[f32]; COUNT] = std::array::from_fn(
            #[inline(always)]
            |i| &a.data[start + i * a.row_stride..][..k.len()],
        );
        for (k, out) in out.chunks_mut(WIDTH).enumerate().take(k.len()) {
            if let Some(out) = out.first_chunk_mut::<COUNT>() {
                for i in 0..COUNT {
                    out[i] = rows[i][k];
                }
            }
        }
    } else {
        for (k, out) in out.chunks_mut(WIDTH).enumerate().take(k.len()) {
            for (i, out) in out[..COUNT].iter_mut().enumerate() {
                *out = a.data[start + i * a.row_stride + k * a.column_stride];
            }
        }
    }
}
