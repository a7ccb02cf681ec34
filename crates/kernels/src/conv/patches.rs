//! The input of a convolution as the right operand of a product (im2col), made block by block.
//!
//! Row `k` of the operand is one tap of one channel, a column is one output element. For a block of
//! columns the input lines it needs are copied, channel by channel, into a *strip* with the padding
//! filled in and, for a stride along the width, with the columns sorted by their remainder; then every
//! row of a panel is one or a few contiguous pieces of the strip. A convolution without padding and
//! without a stride along the width reads the input itself.

use std::ops::Range;

use pulp::Simd;

use super::window::{Space, Sweep, volume};
use crate::gemm::{Columns, Split, panel_stride};
use crate::scratch;

/// The patches of some channels of an input `[batch, channels, depth, height, width]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patches<'a> {
    pub x: &'a [f32],
    /// Channels of the whole input, and the first of those that count here.
    pub channels: usize,
    pub first: usize,
    pub input: Space,
    pub output: Space,
    pub sweep: Sweep,
    /// Cuts the rows, at multiples of the taps.
    pub depth: Split,
}

impl Columns for Patches<'_> {
    #[inline(always)]
    fn pack<S: Simd, const VECTORS: usize>(&self, _: S, pass: usize, columns: Range<usize>, out: &mut [f32]) {
        let width = VECTORS * S::F32_LANES;
        let rows = self.depth.range(pass);
        let stride = panel_stride(rows.len(), width);
        let layout = Layout::new(self, &columns, width);
        let taps = layout.taps.len();
        let plane = volume(self.input);
        let channels = self.first + rows.start / taps..self.first + rows.end / taps;
        let mut strip = scratch::take(layout.size + width);
        for (row, channel) in (0..).step_by(taps).zip(channels) {
            if self.is_direct() {
                copy_runs::<S, VECTORS>(&layout, &self.x[channel * plane..], row, stride, out);
                continue;
            }
            layout.fill(self, channel, &mut strip);
            copy_runs::<S, VECTORS>(&layout, &strip, row, stride, out);
        }
    }
}

impl Patches<'_> {
    /// Whether the input itself can serve as the strip.
    fn is_direct(&self) -> bool {
        let Sweep {
            kernel,
            stride,
            dilation,
            before,
        } = self.sweep;
        stride[2] == 1
            && before == [0; 3]
            && (0..3).all(|i| (self.output[i] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] < self.input[i])
    }
}

/// Part of one image's output elements, contiguous.
struct Piece {
    image: usize,
    /// First output depth and height.
    origin: [usize; 2],
    /// Input lines of the strip: along the depth and along the height.
    lines: [usize; 2],
    /// Where its strip begins.
    at: usize,
}

/// A stretch of a panel's columns whose elements are contiguous in the strip.
struct Run {
    /// Its first column in the panel.
    column: usize,
    /// Its first element in the strip, for the tap at offset 0.
    at: usize,
    /// Its columns.
    len: usize,
}

/// How the elements of one channel lie in the strip.
pub(super) struct Layout {
    pieces: Vec<Piece>,
    runs: Vec<Run>,
    /// Where each panel's runs begin, and the end.
    panels: Vec<usize>,
    /// Offset of every tap.
    taps: Vec<usize>,
    /// The remainders of input columns that occur.
    phases: Vec<usize>,
    /// Input columns of one remainder.
    phase_len: usize,
    /// First output column.
    first_column: usize,
    /// Elements of the whole strip.
    pub size: usize,
}

impl Layout {
    #[inline(always)]
    pub fn new(patches: &Patches<'_>, columns: &Range<usize>, width: usize) -> Self {
        let Sweep {
            kernel,
            stride,
            dilation,
            ..
        } = patches.sweep;
        let [_, high, wide] = patches.output;
        let plane = volume(patches.output);
        let direct = patches.is_direct();
        let one_line = columns.start / wide == (columns.end - 1) / wide;
        let (first_column, count) = if one_line && !direct {
            (columns.start % wide, columns.len())
        } else {
            (0, wide)
        };
        let mut phases: Vec<usize> = (0..kernel[2]).map(|k| k * dilation[2] % stride[2]).collect();
        phases.sort_unstable();
        phases.dedup();
        let phase_len = count + (kernel[2] - 1) * dilation[2] / stride[2];
        let pitch = if direct {
            patches.input[2]
        } else {
            phases.len() * phase_len
        };
        let flat = patches.output[0] == 1 && kernel[0] == 1;
        let reach = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1];
        // Lines along the height: the same for every piece where the depth counts.
        let all_lines = if direct {
            patches.input[1]
        } else {
            (high - 1) * stride[1] + reach[1]
        };

        let (mut pieces, mut size) = (Vec::new(), 0);
        for image in columns.start / plane..=(columns.end - 1) / plane {
            let first = columns.start.max(image * plane) - image * plane;
            let last = columns.end.min((image + 1) * plane) - image * plane - 1;
            let depths = first / wide / high..last / wide / high + 1;
            let (origin, lines) = if flat {
                let heights = first / wide..last / wide + 1;
                ([0, heights.start], [1, (heights.len() - 1) * stride[1] + reach[1]])
            } else {
                (
                    [depths.start, 0],
                    [(depths.len() - 1) * stride[0] + reach[0], all_lines],
                )
            };
            let at = if direct {
                image * patches.channels * volume(patches.input)
            } else {
                size
            };
            let origin = if direct { [0, 0] } else { origin };
            size += lines[0] * lines[1] * pitch;
            pieces.push(Piece {
                image,
                origin,
                lines,
                at,
            });
        }

        let first_image = columns.start / plane;
        let (mut runs, mut panels) = (Vec::new(), vec![0]);
        for start in columns.clone().step_by(width) {
            let end = (start + width).min(columns.end);
            let mut column = start;
            while column < end {
                let piece = &pieces[column / plane - first_image];
                let element = column % plane;
                let (line, x) = (element / wide, element % wide);
                let (z, y) = (line / high, line % high);
                let lines = if direct { patches.input[1] } else { piece.lines[1] };
                let line = (z - piece.origin[0]) * stride[0] * lines + (y - piece.origin[1]) * stride[1];
                runs.push(Run {
                    column: column - start,
                    at: piece.at + line * pitch + x - first_column,
                    len: (wide - x).min(end - column),
                });
                column += wide - x;
            }
            panels.push(runs.len());
        }

        let mut taps = Vec::with_capacity(patches.sweep.taps());
        for z in 0..kernel[0] {
            for y in 0..kernel[1] {
                for x in 0..kernel[2] {
                    let column = x * dilation[2];
                    let phase = phases.partition_point(|&p| p < column % stride[2]);
                    let line = z * dilation[0] * all_lines + y * dilation[1];
                    taps.push(line * pitch + phase * phase_len + column / stride[2]);
                }
            }
        }
        Self {
            pieces,
            runs,
            panels,
            taps,
            phases,
            phase_len,
            first_column,
            size: if direct { 0 } else { size },
        }
    }

    /// Copies the lines of one channel.
    #[inline(always)]
    pub fn fill(&self, patches: &Patches<'_>, channel: usize, strip: &mut [f32]) {
        let plane = volume(patches.input);
        for piece in &self.pieces {
            let from = (piece.image * patches.channels + channel) * plane;
            self.fill_piece(patches, piece, &patches.x[from..from + plane], &mut strip[piece.at..]);
        }
    }

    /// Copies the lines of one image, zeros where the window is outside of it.
    #[inline(always)]
    fn fill_piece(&self, patches: &Patches<'_>, piece: &Piece, plane: &[f32], strip: &mut [f32]) {
        let Sweep {
            kernel,
            stride,
            dilation,
            before,
        } = patches.sweep;
        let [deep, high, wide] = patches.input;
        let pitch = self.phases.len() * self.phase_len;
        let read = |axis: usize, line: usize| {
            (0..kernel[axis]).any(|k| {
                let tap = k * dilation[axis];
                line >= tap && (line - tap).is_multiple_of(stride[axis])
            })
        };
        let mut lines = strip.chunks_exact_mut(pitch);
        for z in 0..piece.lines[0] {
            let depth = (piece.origin[0] * stride[0] + z) as isize - before[0];
            for y in 0..piece.lines[1] {
                let Some(line) = lines.next() else { return };
                if !read(0, z) || !read(1, y) {
                    continue;
                }
                let height = (piece.origin[1] * stride[1] + y) as isize - before[1];
                let inside = (0..deep as isize).contains(&depth) && (0..high as isize).contains(&height);
                if !inside {
                    line.fill(0.0);
                    continue;
                }
                let row = &plane[(depth as usize * high + height as usize) * wide..][..wide];
                for (line, phase) in line.chunks_exact_mut(self.phase_len).zip(&self.phases) {
                    let first = (self.first_column * stride[2] + phase) as isize - before[2];
                    sample(row, first, stride[2], line);
                }
            }
        }
    }
}

/// `out[i] = row[first + i * stride]`, zero outside of the row.
#[inline(always)]
pub(super) fn sample(row: &[f32], first: isize, stride: usize, out: &mut [f32]) {
    let until = |limit: isize| (limit - first).max(0).unsigned_abs().div_ceil(stride).min(out.len());
    let (start, end) = (until(0), until(row.len() as isize));
    out[..start].fill(0.0);
    out[end..].fill(0.0);
    if start >= end {
        return;
    }
    let from = (first + (start * stride) as isize) as usize;
    let out = &mut out[start..end];
    match stride {
        1 => out.copy_from_slice(&row[from..from + out.len()]),
        // Written out, because it becomes shuffles.
        2 => {
            let (pairs, rest) = row[from..].as_chunks::<2>();
            let n = pairs.len().min(out.len());
            for (out, pair) in out.iter_mut().zip(pairs) {
                *out = pair[0];
            }
            for (out, v) in out[n..].iter_mut().zip(rest) {
                *out = *v;
            }
        }
        4 => {
            let (fours, rest) = row[from..].as_chunks::<4>();
            let n = fours.len().min(out.len());
            for (out, four) in out.iter_mut().zip(fours) {
                *out = four[0];
            }
            for (out, v) in out[n..].iter_mut().zip(rest) {
                *out = *v;
            }
        }
        _ => {
            for (out, v) in out.iter_mut().zip(row[from..].iter().step_by(stride)) {
                *out = *v;
            }
        }
    }
}

/// Writes the rows of one channel into every panel, from row number `row` on. A row is written whole
/// from each run on: what is too much the next run or the next row overwrites.
#[inline(always)]
pub(super) fn copy_runs<S: Simd, const VECTORS: usize>(
    layout: &Layout,
    strip: &[f32],
    row: usize,
    stride: usize,
    out: &mut [f32],
) {
    let width = VECTORS * S::F32_LANES;
    let size = layout.taps.len() * width;
    for (panel, out) in layout.panels.windows(2).zip(out.chunks_mut(stride)) {
        let runs = &layout.runs[panel[0]..panel[1]];
        let out = &mut out[row * width..];
        if let [Run { column: 0, at, .. }] = *runs {
            let strip = &strip[at..];
            for (tap, out) in layout.taps.iter().zip(out[..size].chunks_exact_mut(width)) {
                copy::<S, VECTORS>(&strip[*tap..], out);
            }
            continue;
        }
        let mut out = &mut out[..size + width];
        for tap in &layout.taps {
            for run in runs {
                let (from, to) = (&strip[run.at + tap..], &mut out[run.column..run.column + width]);
                if run.len <= S::F32_LANES {
                    copy::<S, 1>(from, &mut to[..S::F32_LANES]);
                } else {
                    copy::<S, VECTORS>(from, to);
                }
            }
            out = &mut out[width..];
        }
    }
}

/// Copies a row of a panel, or what there is.
#[inline(always)]
fn copy<S: Simd, const VECTORS: usize>(from: &[f32], to: &mut [f32]) {
    let width = VECTORS * S::F32_LANES;
    if from.len() >= width {
        crate::machine::store::<S, VECTORS>(to, crate::machine::load::<S, VECTORS>(from));
    } else {
        to[..from.len()].copy_from_slice(from);
    }
}
