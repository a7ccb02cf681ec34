//! Convolutions of 3x3 taps and stride one by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray,
//! 2016): 36 multiplications for 16 outputs in place of 144.
//!
//! The points are 0, 1, -1, 1/2, -2 and infinity (Barabasz et al., 2020). With them the error is that of
//! the plain sum in `f32`; with 2 in place of 1/2 it would be three times as large.

use std::ops::Range;

use pulp::{Simd, bytemuck};
use rayon::prelude::*;

use super::patches::{Layout, Patches, copy_runs};
use super::window::{Space, Sweep};
use crate::epilogue::{Axis, Epilogue};
use crate::gemm::{Matrix, PackedRows, Pass, Split, Step, run_pass, whole_target};
use crate::machine::{self, Kernel, load, multiply_add, store};
use crate::scratch;

/// Outputs along the side of a tile, and inputs.
const OUT: usize = 4;
const IN: usize = 6;
const POINTS: usize = IN * IN;

/// Channels of one pass: shorter than that of a plain product, because all points pass by at once.
const DEPTH: usize = 256;

/// Elements of the transformed input and product, together, that are made at a time.
const TOGETHER: usize = 4 << 20;

/// Transformed weights that are worth their memory, in elements.
const LARGEST: usize = 3 << 20;

/// The weights of a convolution, transformed.
#[derive(Debug)]
pub(crate) struct Winograd {
    in_channels: usize,
    out_channels: usize,
    /// Zeros above and to the left of the input.
    before: [isize; 2],
    depth: Split,
    /// One left operand a point.
    points: Vec<PackedRows>,
}

/// Tiles in a pass that a choice is made for, where an image has fewer. The choice must not depend on the batch: an image
/// has the same bits in any.
const TILES: usize = 64;

/// Whether it is faster than the product with patches.
pub(crate) fn wins(sweep: &Sweep, inputs: usize, outputs: usize, input: Space, output: Space) -> bool {
    let fits = sweep.kernel == [1, 3, 3]
        && sweep.stride == [1; 3]
        && sweep.dilation[1..] == [1; 2]
        && sweep.before[0] == 0
        && input[0] == 1
        && output[0] == 1
        && POINTS * inputs * outputs <= LARGEST;
    if !fits {
        return false;
    }
    let tiles = output[1].div_ceil(OUT) * output[2].div_ceil(OUT);
    let batch = TILES.div_ceil(tiles.max(1));
    // Cycles, roughly, for sixteen columns of a product at a time.
    let panels = |columns: usize| columns as f64 / 16.0;
    let direct = panels(batch * output[1] * output[2]) * (9 * inputs * outputs + 60 * inputs) as f64;
    let weights = (POINTS * inputs * outputs) as f64;
    // Outputs are made image by image: of a small one few lanes are used.
    let images = batch as f64 * panels(tiles).max(1.0);
    let transformed =
        panels(batch * tiles).max(0.5) * (weights + (1200 * inputs) as f64) + images * (900 * outputs) as f64 + weights;
    transformed < 0.8 * direct
}

impl Winograd {
    /// Transforms weights of shape `[out_channels, in_channels, 3, 3]`.
    pub fn new(sweep: &Sweep, in_channels: usize, out_channels: usize, weights: &[f32]) -> Self {
        let size = in_channels * out_channels;
        let depth = Split::at_most(in_channels, 1, DEPTH);
        let mut transformed = scratch::take(POINTS * size);
        // Point by point in the end; the transform of one filter gives all of its points.
        for (i, filter) in weights.chunks_exact(9).enumerate() {
            for (point, v) in transform_filter(filter).into_iter().enumerate() {
                transformed[point * size + i] = v;
            }
        }
        let points = transformed
            .par_chunks_exact(size)
            .map(|u| {
                let room = scratch::own(PackedRows::size(out_channels, in_channels));
                PackedRows::new(Matrix::new(u, out_channels, in_channels), depth, room)
            })
            .collect();
        Self {
            in_channels,
            out_channels,
            before: [sweep.before[1], sweep.before[2]],
            depth,
            points,
        }
    }

    pub fn bytes(&self) -> usize {
        self.points.iter().map(PackedRows::bytes).sum()
    }

    /// As [`super::Dense::run`].
    pub fn run(&self, batch: usize, input: Space, output: Space, x: &[f32], epilogue: &Epilogue<'_>, y: &mut [f32]) {
        let [_, high, wide] = output;
        let (lines, across) = (high.div_ceil(OUT), wide.div_ceil(OUT));
        // Some lines of tiles at a time, across the images of the batch.
        let limit = TOGETHER / (POINTS * (self.in_channels + self.out_channels) * across).max(1);
        let stretches = Split::at_most(batch * lines, 1, limit.max(1));
        let patches = Patches {
            x,
            channels: self.in_channels,
            first: 0,
            input,
            output: [1, lines, across],
            sweep: Sweep {
                kernel: [1, IN, IN],
                stride: [1, OUT, OUT],
                dilation: [1; 3],
                before: [0, self.before[0], self.before[1]],
            },
            depth: self.depth,
        };
        for stretch in 0..stretches.parts {
            let stretch = stretches.range(stretch);
            let tiles = stretch.start * across..stretch.end * across;
            let product = self.product(&patches, tiles.clone());
            let plane = high * wide;
            let images = stretch.start / lines..stretch.end.div_ceil(lines);
            let first = images.start * self.out_channels;
            y[first * plane..images.end * self.out_channels * plane]
                .par_chunks_exact_mut(plane)
                .enumerate()
                .for_each(|(i, y)| {
                    let (image, channel) = ((first + i) / self.out_channels, (first + i) % self.out_channels);
                    machine::dispatch(Outputs {
                        product: &product,
                        step: self.point_stride(tiles.len()),
                        total: tiles.len(),
                        tiles: tiles.start.max(image * lines * across)..tiles.end.min((image + 1) * lines * across),
                        first_tile: tiles.start,
                        image_tile: image * lines * across,
                        across,
                        output,
                        channel,
                        epilogue,
                        at: (first + i) * plane,
                        y,
                    });
                });
        }
    }

    /// Elements from a point's product for so many tiles to the next: a line is spare, as for the input.
    fn point_stride(&self, tiles: usize) -> usize {
        self.out_channels * tiles + 16
    }

    /// The products of all points for some tiles: `[points, out_channels, tiles]`, each point followed by
    /// spare elements.
    fn product(&self, patches: &Patches<'_>, tiles: Range<usize>) -> scratch::Scratch {
        let width = machine::tile().columns;
        let panels = tiles.len().div_ceil(width);
        // The transformed input: `[passes, panels, points, channels + 1, width]`. A line is spare: the points of
        // a tile are written together, and must not all fall on one set of the cache.
        let size = |pass| (self.depth.range(pass).len() + 1) * POINTS * width;
        let mut transformed = scratch::take((0..self.depth.parts).map(size).sum::<usize>() * panels);
        let groups = Split::into(panels, 1, 8);
        let mut rest = &mut transformed[..];
        let mut pieces = Vec::with_capacity(self.depth.parts * groups.parts);
        for pass in 0..self.depth.parts {
            for group in 0..groups.parts {
                let panels = groups.range(group);
                let (out, after) = rest.split_at_mut(panels.len() * size(pass));
                rest = after;
                let columns = tiles.start + panels.start * width..(tiles.start + panels.end * width).min(tiles.end);
                pieces.push((pass, columns, out));
            }
        }
        pieces.into_par_iter().with_max_len(1).for_each(|(pass, columns, out)| {
            machine::dispatch(Inputs {
                patches,
                channels: self.depth.range(pass),
                columns,
                out,
            });
        });
        let mut product = scratch::take(POINTS * self.point_stride(tiles.len()));
        product
            .par_chunks_exact_mut(self.point_stride(tiles.len()))
            .zip(&self.points)
            .enumerate()
            .with_max_len(1)
            .for_each(|(point, (c, left))| {
                let mut start = 0;
                let epilogue = Epilogue::default();
                let c = &mut c[..self.out_channels * tiles.len()];
                let mut target = whole_target(c, 0, tiles.len(), &epilogue, Axis::Row);
                for pass in 0..self.depth.parts {
                    let depth = self.depth.range(pass).len();
                    let point_size = (depth + 1) * width;
                    let size = panels * POINTS * point_size;
                    machine::dispatch(Product(
                        Pass {
                            left: left.pass(pass, 0..self.out_channels),
                            rows: left.rows,
                            panels: 0..left.rows.parts,
                            right: &transformed[start + point * point_size..start + size],
                            stride: POINTS * point_size,
                            depth,
                            step: Step {
                                first: pass == 0,
                                last: pass + 1 == self.depth.parts,
                            },
                        },
                        &mut target,
                    ));
                    start += size;
                }
            });
        product
    }
}

struct Product<'a, 'b, 't>(Pass<'a>, &'b mut crate::gemm::Target<'t>);

impl Kernel for Product<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        run_pass::<S, ROWS, VECTORS>(simd, &self.0, self.1);
    }
}

/// The transform of a 3x3 filter, in `f64`.
fn transform_filter(g: &[f32]) -> [f32; POINTS] {
    let line = |g: [f64; 3]| {
        let outer = g[0] + g[2];
        [
            g[0] / 2.0,
            (outer + g[1]) / 6.0,
            (outer - g[1]) / 6.0,
            (16.0 * g[0] + 8.0 * g[1] + 4.0 * g[2]) / 15.0,
            (g[0] - 2.0 * g[1] + 4.0 * g[2]) / 30.0,
            g[2] / 2.0,
        ]
    };
    let columns: [[f64; IN]; 3] = std::array::from_fn(|j| line(std::array::from_fn(|i| f64::from(g[i * 3 + j]))));
    let mut out = [0.0; POINTS];
    for (i, out) in out.chunks_exact_mut(IN).enumerate() {
        let values = line(std::array::from_fn(|j| columns[j][i]));
        for (out, v) in out.iter_mut().zip(values) {
            *out = v as f32;
        }
    }
    out
}

/// The transform of six inputs, of as many tiles as a vector has lanes.
#[inline(always)]
fn transform_input<S: Simd>(simd: S, d: [S::f32s; IN]) -> [S::f32s; IN] {
    macro_rules! times {
        ($factor:expr, $a:expr, $b:expr $(,)?) => {
            multiply_add(simd, simd.splat_f32s($factor), $a, $b)
        };
    }
    let odd = simd.sub_f32s(d[1], d[3]);
    let even = simd.sub_f32s(d[2], d[4]);
    let first = simd.add_f32s(times!(-2.0, d[2], d[0]), d[4]);
    let last = simd.add_f32s(times!(-2.0, d[3], d[1]), d[5]);
    [
        // 2 d0 - 3 d1 - 4 d2 + 3 d3 + 2 d4
        times!(-3.0, odd, simd.add_f32s(first, first)),
        // -2 d1 + d2 + 5 d3 + 2 d4
        times!(-2.0, d[1], times!(5.0, d[3], times!(2.0, d[4], d[2]))),
        // -2 d1 + 5 d2 - d3 - 2 d4
        times!(
            -2.0,
            simd.add_f32s(d[1], d[4]),
            simd.sub_f32s(simd.mul_f32s(simd.splat_f32s(5.0), d[2]), d[3]),
        ),
        // 2 d1 + d2 - 2 d3 - d4
        times!(2.0, odd, even),
        // d1 - 2 d2 - d3 + 2 d4
        times!(-2.0, even, odd),
        // 2 d1 - 3 d2 - 4 d3 + 3 d4 + 2 d5
        times!(-3.0, even, simd.add_f32s(last, last)),
    ]
}

/// The transform of six products to four outputs.
#[inline(always)]
fn transform_output<S: Simd>(simd: S, z: [S::f32s; IN]) -> [S::f32s; OUT] {
    macro_rules! times {
        ($factor:expr, $a:expr, $b:expr $(,)?) => {
            multiply_add(simd, simd.splat_f32s($factor), $a, $b)
        };
    }
    let sum = simd.add_f32s(z[1], z[2]);
    let difference = simd.sub_f32s(z[1], z[2]);
    [
        simd.add_f32s(simd.add_f32s(z[0], sum), simd.add_f32s(z[3], z[4])),
        times!(-2.0, z[4], times!(0.5, z[3], difference)),
        times!(4.0, z[4], times!(0.25, z[3], sum)),
        simd.add_f32s(times!(-8.0, z[4], times!(0.125, z[3], difference)), z[5]),
    ]
}

/// The transformed input of some channels and whole panels.
struct Inputs<'a> {
    patches: &'a Patches<'a>,
    channels: Range<usize>,
    columns: Range<usize>,
    out: &'a mut [f32],
}

impl Kernel for Inputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        let width = VECTORS * S::F32_LANES;
        let Self {
            patches,
            channels,
            columns,
            out,
        } = self;
        let layout = Layout::new(patches, &columns, width);
        let mut strip = scratch::take(layout.size + width);
        // One line is spare: rows are written whole.
        let stride = (POINTS + 1) * width;
        let panels = columns.len().div_ceil(width);
        let mut tiles = scratch::take(panels * stride);
        let step = (channels.len() + 1) * width;
        for (i, channel) in channels.enumerate() {
            layout.fill(patches, channel, &mut strip);
            copy_runs::<S, VECTORS>(&layout, &strip, 0, stride, &mut tiles);
            let panels = tiles.chunks_exact(stride).zip(out.chunks_exact_mut(POINTS * step));
            for (tile, out) in panels {
                for v in 0..VECTORS {
                    let lanes = v * S::F32_LANES;
                    let mut columns = [[simd.splat_f32s(0.0); IN]; IN];
                    for (j, column) in columns.iter_mut().enumerate() {
                        for (i, v) in column.iter_mut().enumerate() {
                            *v = load::<S, 1>(&tile[(i * IN + j) * width + lanes..])[0];
                        }
                        *column = transform_input(simd, *column);
                    }
                    let mut points = [[simd.splat_f32s(0.0); IN]; IN];
                    for (i, row) in points.iter_mut().enumerate() {
                        for (v, column) in row.iter_mut().zip(&columns) {
                            *v = column[i];
                        }
                        *row = transform_input(simd, *row);
                    }
                    for (row, points) in points.into_iter().enumerate() {
                        for (column, v) in points.into_iter().enumerate() {
                            let to = (row * IN + column) * step + i * width + lanes;
                            store::<S, 1>(&mut out[to..], [v]);
                        }
                    }
                }
            }
        }
    }
}

/// The outputs of one channel of one image.
struct Outputs<'a> {
    /// `[points, channels, tiles]` with `step` elements from a point to the next and `total` from a
    /// channel to the next; the first tile is number `first_tile`.
    product: &'a [f32],
    step: usize,
    total: usize,
    first_tile: usize,
    /// Those of this image, whose own first is `image_tile`.
    tiles: Range<usize>,
    image_tile: usize,
    across: usize,
    output: Space,
    channel: usize,
    epilogue: &'a Epilogue<'a>,
    at: usize,
    y: &'a mut [f32],
}

impl Kernel for Outputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        let lanes = S::F32_LANES;
        let [_, high, wide] = self.output;
        let mut pixels = [[0.0; OUT * 16]; OUT];
        for start in self.tiles.clone().step_by(lanes) {
            let end = (start + lanes).min(self.tiles.end);
            let from = self.channel * self.total + start - self.first_tile;
            let mut columns = [[simd.splat_f32s(0.0); OUT]; IN];
            for (j, column) in columns.iter_mut().enumerate() {
                let mut points = [simd.splat_f32s(0.0); IN];
                for (i, v) in points.iter_mut().enumerate() {
                    *v = load::<S, 1>(&self.product[(i * IN + j) * self.step + from..])[0];
                }
                *column = transform_output(simd, points);
            }
            for (row, pixels) in pixels.iter_mut().enumerate() {
                let mut points = [simd.splat_f32s(0.0); IN];
                for (v, column) in points.iter_mut().zip(&columns) {
                    *v = column[row];
                }
                let outputs = transform_output(simd, points);
                let outputs: &[f32] = bytemuck::cast_slice(&outputs);
                for (tile, pixels) in pixels.as_chunks_mut::<OUT>().0[..lanes].iter_mut().enumerate() {
                    for (j, pixel) in pixels.iter_mut().enumerate() {
                        *pixel = outputs[j * lanes + tile];
                    }
                }
            }
            // Line by line of tiles into the image.
            let mut tile = start;
            while tile < end {
                let (line, column) = (
                    (tile - self.image_tile) / self.across,
                    (tile - self.image_tile) % self.across,
                );
                let count = (end - tile).min(self.across - column);
                let pixel = column * OUT;
                let len = (count * OUT).min(wide - pixel);
                for (i, pixels) in pixels.iter().enumerate().take(high - (line * OUT).min(high)) {
                    let at = (line * OUT + i) * wide + pixel;
                    let y = &mut self.y[at..at + len];
                    y.copy_from_slice(&pixels[(tile - start) * OUT..][..len]);
                    self.epilogue.apply_row(simd, self.channel, self.at + at, y);
                }
                tile += count;
            }
        }
    }
}
