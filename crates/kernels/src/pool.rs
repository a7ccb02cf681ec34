//! Pooling over windows of up to three spatial axes.
//!
//! A window is folded one axis after another: rows of the input first, which lie next to each other in
//! memory, then the columns of what came out.

use std::ops::Range;

use crate::lanes;
use crate::parallel::{self, Body};

/// A window sliding over `input` `[depth, height, width]`; missing axes have size one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Spatial size of the input.
    pub input: [usize; 3],
    /// Spatial size of the output.
    pub output: [usize; 3],
    /// Elements of the window.
    pub kernel: [usize; 3],
    /// Steps of the window.
    pub stride: [usize; 3],
    /// Steps inside of the window.
    pub dilation: [usize; 3],
    /// Elements of padding before and after.
    pub pads: [(usize, usize); 3],
}

impl Window {
    fn planes(&self, x: &[f32]) -> usize {
        let plane = volume(self.input);
        assert!(plane > 0 && x.len().is_multiple_of(plane) && volume(self.output) > 0);
        assert!(self.stride.iter().chain(&self.dilation).all(|&v| v > 0));
        x.len() / plane
    }

    /// The window's elements that fall onto the input, for output `o` of an axis, with the input's
    /// index of the first.
    #[inline(always)]
    fn taps(&self, axis: usize, o: usize) -> (Range<usize>, usize) {
        let (n, d, before) = (self.input[axis], self.dilation[axis], self.pads[axis].0);
        let at = o * self.stride[axis];
        let first = before.saturating_sub(at).div_ceil(d);
        let end = (n + before).saturating_sub(at).div_ceil(d).min(self.kernel[axis]);
        if first >= end {
            return (0..0, 0);
        }
        (first..end, at + first * d - before)
    }

    /// Outputs of the last axis that window element `k` reads from the input, with the input's index
    /// for the first.
    #[inline(always)]
    fn reach(&self, k: usize) -> (Range<usize>, usize) {
        let (n, s, before) = (self.input[2], self.stride[2], self.pads[2].0);
        let at = k * self.dilation[2];
        let first = before.saturating_sub(at).div_ceil(s);
        let end = (n + before).saturating_sub(at).div_ceil(s).min(self.output[2]);
        if first >= end {
            return (0..0, 0);
        }
        (first..end, first * s + at - before)
    }

    /// Whether it is two by two, side by side, inside of the input: the most frequent one.
    fn halves(&self) -> bool {
        self.kernel == [1, 2, 2]
            && self.stride[1..] == [2, 2]
            && self.dilation[1..] == [1, 1]
            && self.pads.iter().all(|&(before, _)| before == 0)
            && self.input[0] == 1
            && (1..3).all(|axis| 2 * self.output[axis] <= self.input[axis])
    }

    /// Offsets of the input rows that output row `row` (counted over `[depth, height]`) reads.
    #[inline(always)]
    fn rows(&self, row: usize, mut f: impl FnMut(usize)) {
        let ((deep, d0), (high, h0)) = (self.taps(0, row / self.output[1]), self.taps(1, row % self.output[1]));
        for d in 0..deep.len() {
            for h in 0..high.len() {
                let at = (d0 + d * self.dilation[0]) * self.input[1] + h0 + h * self.dilation[1];
                f(at * self.input[2]);
            }
        }
    }

    /// For every output of an axis, the window's elements that count as its size.
    fn counts(&self, axis: usize, padding_too: bool) -> Vec<f32> {
        let (n, d, (before, after)) = (self.input[axis], self.dilation[axis], self.pads[axis]);
        let count = |o: usize| {
            if !padding_too {
                return self.taps(axis, o).0.len();
            }
            (n + before + after)
                .saturating_sub(o * self.stride[axis])
                .div_ceil(d)
                .min(self.kernel[axis])
        };
        (0..self.output[axis]).map(|o| count(o).max(1) as f32).collect()
    }

    /// One over the window's size, for every output of a plane.
    fn shares(&self, padding_too: bool) -> Vec<f32> {
        let [deep, high, wide] = [0, 1, 2].map(|axis| self.counts(axis, padding_too));
        let mut out = Vec::with_capacity(volume(self.output));
        for d in &deep {
            for h in &high {
                out.extend(wide.iter().map(|w| 1.0 / (d * h * w)));
            }
        }
        out
    }
}

fn volume(size: [usize; 3]) -> usize {
    size.iter().product()
}

/// How a window is folded. Every method is inlined always.
trait Fold: Copy + Sync {
    const START: f32;
    fn map(self, x: f32) -> f32;
    fn join(self, a: f32, b: f32) -> f32;
    /// The output from the folded window and its index in the plane.
    fn finish(self, folded: f32, at: usize) -> f32;
}

/// The largest of every window of `x` `[planes, depth, height, width]`; NaN if one is, minus infinity
/// over padding alone.
///
/// # Panics
/// Where `x` is not whole planes or a size of the window is zero.
pub fn max(w: &Window, x: &[f32]) -> Vec<f32> {
    pooled(Largest, w, x)
}

/// The mean of every window; padding counts as zeros where `padding_too` says so.
///
/// # Panics
/// As [`max`].
pub fn average(w: &Window, x: &[f32], padding_too: bool) -> Vec<f32> {
    let shares = w.shares(padding_too);
    pooled(Mean { shares: &shares }, w, x)
}

/// `(sum |x|^p)^(1/p)` of every window.
///
/// # Panics
/// As [`max`].
pub fn lp(w: &Window, x: &[f32], p: f32) -> Vec<f32> {
    pooled(Lp { p }, w, x)
}

#[derive(Clone, Copy)]
struct Largest;

impl Fold for Largest {
    const START: f32 = f32::NEG_INFINITY;

    #[inline(always)]
    fn map(self, x: f32) -> f32 {
        x
    }

    #[inline(always)]
    fn join(self, a: f32, b: f32) -> f32 {
        lanes::larger(a, b)
    }

    #[inline(always)]
    fn finish(self, folded: f32, _: usize) -> f32 {
        folded
    }
}

#[derive(Clone, Copy)]
struct Mean<'a> {
    shares: &'a [f32],
}

impl Fold for Mean<'_> {
    const START: f32 = 0.0;

    #[inline(always)]
    fn map(self, x: f32) -> f32 {
        x
    }

    #[inline(always)]
    fn join(self, a: f32, b: f32) -> f32 {
        a + b
    }

    #[inline(always)]
    fn finish(self, folded: f32, at: usize) -> f32 {
        folded * self.shares[at]
    }
}

#[derive(Clone, Copy)]
struct Lp {
    p: f32,
}

impl Fold for Lp {
    const START: f32 = 0.0;

    #[inline(always)]
    fn map(self, x: f32) -> f32 {
        if self.p == 2.0 {
            x * x
        } else if self.p == 1.0 {
            x.abs()
        } else {
            x.abs().powf(self.p)
        }
    }

    #[inline(always)]
    fn join(self, a: f32, b: f32) -> f32 {
        a + b
    }

    #[inline(always)]
    fn finish(self, folded: f32, _: usize) -> f32 {
        if self.p == 2.0 {
            folded.sqrt()
        } else if self.p == 1.0 {
            folded
        } else {
            folded.powf(1.0 / self.p)
        }
    }
}

fn pooled<F: Fold>(f: F, w: &Window, x: &[f32]) -> Vec<f32> {
    let len = w.planes(x) * volume(w.output);
    parallel::collect(len, parallel::rows(w.output[2]), &Pooled { f, w, x })
}

struct Pooled<'a, F> {
    f: F,
    w: &'a Window,
    x: &'a [f32],
}

impl<F: Fold> Body<f32> for Pooled<'_, F> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f32]) {
        let Self { f, w, x } = *self;
        let (wide, rows) = (w.output[2], w.output[0] * w.output[1]);
        if w.halves() {
            for (k, y) in y.chunks_exact_mut(wide).enumerate() {
                let (plane, row) = ((start / wide + k) / rows, (start / wide + k) % rows);
                let at = plane * volume(w.input) + 2 * row * w.input[2];
                let (above, below) = (&x[at..][..2 * wide], &x[at + w.input[2]..][..2 * wide]);
                halve(f, above, below, y);
                for (k, y) in y.iter_mut().enumerate() {
                    *y = f.finish(*y, row * wide + k);
                }
            }
            return;
        }
        let mut folded = vec![0.0; w.input[2]];
        for (k, y) in y.chunks_exact_mut(wide).enumerate() {
            let (plane, row) = ((start / wide + k) / rows, (start / wide + k) % rows);
            let x = &x[plane * volume(w.input)..(plane + 1) * volume(w.input)];
            folded.fill(F::START);
            w.rows(row, |at| {
                for (folded, x) in folded.iter_mut().zip(&x[at..at + w.input[2]]) {
                    *folded = f.join(*folded, f.map(*x));
                }
            });
            y.fill(F::START);
            for k in 0..w.kernel[2] {
                let (outputs, first) = w.reach(k);
                strided(w.stride[2], &folded[first..], &mut y[outputs], |y, x| {
                    *y = f.join(*y, *x);
                });
            }
            for (k, y) in y.iter_mut().enumerate() {
                *y = f.finish(*y, row * wide + k);
            }
        }
    }
}

/// One line of a pool of two by two: what the general way gives, in its order.
#[inline(always)]
fn halve<F: Fold>(f: F, above: &[f32], below: &[f32], y: &mut [f32]) {
    let (above, below) = (above.as_chunks::<2>().0, below.as_chunks::<2>().0);
    for ((y, above), below) in y.iter_mut().zip(above).zip(below) {
        let left = f.join(f.join(F::START, f.map(above[0])), f.map(below[0]));
        let right = f.join(f.join(F::START, f.map(above[1])), f.map(below[1]));
        *y = f.join(f.join(F::START, left), right);
    }
}

/// Pairs every element of `y` with every `stride`th of `x`.
#[inline(always)]
fn strided<A, B>(stride: usize, x: &[A], y: &mut [B], mut f: impl FnMut(&mut B, &A)) {
    match stride {
        1 => y.iter_mut().zip(x).for_each(|(y, x)| f(y, x)),
        2 => {
            let (pairs, rest) = x.as_chunks::<2>();
            let lone = y.len().saturating_sub(pairs.len());
            let whole = y.len() - lone;
            y[..whole].iter_mut().zip(pairs).for_each(|(y, x)| f(y, &x[0]));
            y[whole..].iter_mut().zip(rest).for_each(|(y, x)| f(y, x));
        }
        _ => y.iter_mut().zip(x.iter().step_by(stride)).for_each(|(y, x)| f(y, x)),
    }
}

/// The position of the largest of every window, as an index into its plane of `x`: the first of equal
/// ones; a NaN before every number; -1 over padding alone.
///
/// # Panics
/// As [`max`].
pub fn max_positions(w: &Window, x: &[f32]) -> Vec<i32> {
    let len = w.planes(x) * volume(w.output);
    assert!(i32::try_from(volume(w.input)).is_ok());
    parallel::collect(len, parallel::rows(w.output[2]), &Positions { w, x })
}

struct Positions<'a> {
    w: &'a Window,
    x: &'a [f32],
}

impl Body<i32> for Positions<'_> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [i32]) {
        let Self { w, x } = *self;
        let (wide, rows) = (w.output[2], w.output[0] * w.output[1]);
        for (k, y) in y.chunks_exact_mut(wide).enumerate() {
            let (plane, row) = ((start / wide + k) / rows, (start / wide + k) % rows);
            let x = &x[plane * volume(w.input)..(plane + 1) * volume(w.input)];
            for (o, y) in y.iter_mut().enumerate() {
                let (mut best, mut found) = (f32::NEG_INFINITY, -1);
                let (taps, first) = w.taps(2, o);
                w.rows(row, |at| {
                    for t in 0..taps.len() {
                        let i = at + first + t * w.dilation[2];
                        if found < 0 || x[i] > best || (x[i].is_nan() && !best.is_nan()) {
                            (best, found) = (x[i], i as i32);
                        }
                    }
                });
                *y = found;
            }
        }
    }
}

/// The gradient of [`max`]'s input: each output's goes to the first of its window's largest.
///
/// # Panics
/// Where a slice has the wrong length.
pub fn max_backward(w: &Window, x: &[f32], y: &[f32], gradient: &[f32]) -> Vec<f32> {
    assert!(y.len() == w.planes(x) * volume(w.output) && gradient.len() == y.len());
    let body = MaxBackward { w, x, y, gradient };
    parallel::collect(x.len(), parallel::rows(volume(w.input)), &body)
}

struct MaxBackward<'a> {
    w: &'a Window,
    x: &'a [f32],
    y: &'a [f32],
    gradient: &'a [f32],
}

impl Body<f32> for MaxBackward<'_> {
    #[inline(always)]
    fn run(&self, start: usize, dx: &mut [f32]) {
        let w = self.w;
        let (from, to, s) = (volume(w.input), volume(w.output), w.stride[2]);
        let mut left = vec![0.0; w.output[2]];
        // For a stride, every line with its elements sorted by their remainder: those of neighbouring windows are neighbours.
        let len = w.input[2].div_ceil(s);
        let size = if s == 1 { 0 } else { from / w.input[2] * len * s };
        let (mut sorted, mut sums) = (vec![0.0; size], vec![0.0; size]);
        for (k, dx) in dx.chunks_exact_mut(from).enumerate() {
            let plane = start / from + k;
            let x = &self.x[plane * from..(plane + 1) * from];
            let at = plane * to..(plane + 1) * to;
            let outputs = (&self.y[at.clone()], &self.gradient[at]);
            if s == 1 {
                self.plane(x, outputs, dx, &mut left);
                continue;
            }
            for (x, sorted) in x.chunks_exact(w.input[2]).zip(sorted.chunks_exact_mut(len * s)) {
                for (phase, sorted) in sorted.chunks_exact_mut(len).enumerate() {
                    strided(s, x.get(phase..).unwrap_or_default(), sorted, |to, from| *to = *from);
                }
            }
            sums.fill(0.0);
            self.plane(&sorted, outputs, &mut sums, &mut left);
            for (dx, sums) in dx.chunks_exact_mut(w.input[2]).zip(sums.chunks_exact(len * s)) {
                if s == 2 {
                    let (even, odd) = sums.split_at(len);
                    let (pairs, last) = dx.as_chunks_mut::<2>();
                    for (pair, (even, odd)) in pairs.iter_mut().zip(even.iter().zip(odd)) {
                        *pair = [*even, *odd];
                    }
                    last.iter_mut().zip(&even[len - 1..]).for_each(|(dx, v)| *dx = *v);
                    continue;
                }
                for (phase, sums) in sums.chunks_exact(len).enumerate() {
                    let dx = dx.iter_mut().skip(phase).step_by(s);
                    dx.zip(sums).for_each(|(dx, v)| *dx = *v);
                }
            }
        }
    }
}

impl MaxBackward<'_> {
    /// One plane, its lines sorted as above. `left` is room for a line of the output.
    #[inline(always)]
    fn plane(&self, x: &[f32], (y, gradient): (&[f32], &[f32]), dx: &mut [f32], left: &mut [f32]) {
        let w = self.w;
        let (wide, s) = (w.output[2], w.stride[2]);
        let len = w.input[2].div_ceil(s);
        let rows = y.chunks_exact(wide).zip(gradient.chunks_exact(wide));
        for (row, (y, g)) in rows.enumerate() {
            // What has not found its element yet.
            left.copy_from_slice(g);
            // Loops written out: a closure would not be compiled for the instruction set.
            let ((deep, d0), (high, h0)) = (w.taps(0, row / w.output[1]), w.taps(1, row % w.output[1]));
            for d in 0..deep.len() {
                for h in 0..high.len() {
                    let line = (d0 + d * w.dilation[0]) * w.input[1] + h0 + h * w.dilation[1];
                    for k in 0..w.kernel[2] {
                        let (outputs, first) = w.reach(k);
                        let at = line * len * s + first % s * len + first / s;
                        let targets = left[outputs.clone()].iter_mut().zip(&y[outputs.clone()]);
                        let ends = at..at + outputs.len();
                        targets.zip(x[ends.clone()].iter().zip(&mut dx[ends])).for_each(claim);
                    }
                }
            }
        }
    }
}

/// An input that equals its window's largest takes what is left of the output's gradient.
#[inline(always)]
fn claim(((left, y), (x, dx)): ((&mut f32, &f32), (&f32, &mut f32))) {
    let hit = x == y;
    *dx += if hit { *left } else { 0.0 };
    *left = if hit { 0.0 } else { *left };
}

/// The gradient of [`average`]'s input.
///
/// # Panics
/// Where `gradient` is not whole planes of the output.
pub fn average_backward(w: &Window, gradient: &[f32], padding_too: bool) -> Vec<f32> {
    let shares = w.shares(padding_too);
    let g: Vec<f32> = gradient
        .chunks(shares.len())
        .flat_map(|g| g.iter().zip(&shares).map(|(g, s)| g * s))
        .collect();
    scattered(w, &g)
}

/// The gradient of [`lp`]'s input.
///
/// # Panics
/// Where a slice has the wrong length.
pub fn lp_backward(w: &Window, x: &[f32], y: &[f32], gradient: &[f32], p: f32) -> Vec<f32> {
    assert!(y.len() == w.planes(x) * volume(w.output) && gradient.len() == y.len());
    // At the origin the norm has no slope; zero is one of its subgradients.
    let share = |(y, g): (&f32, &f32)| if *y == 0.0 { 0.0 } else { g * y.powf(1.0 - p) };
    let g: Vec<f32> = y.iter().zip(gradient).map(share).collect();
    let mut dx = scattered(w, &g);
    for (dx, x) in dx.iter_mut().zip(x) {
        *dx *= if p == 2.0 {
            *x
        } else {
            x.abs().powf(p - 1.0).copysign(*x)
        };
    }
    dx
}

/// Every element of `g` added to all of its window.
fn scattered(w: &Window, g: &[f32]) -> Vec<f32> {
    let (from, to) = (volume(w.input), volume(w.output));
    assert!(g.len().is_multiple_of(to));
    parallel::collect(g.len() / to * from, parallel::rows(from), &Scattered { w, g })
}

struct Scattered<'a> {
    w: &'a Window,
    g: &'a [f32],
}

impl Body<f32> for Scattered<'_> {
    #[inline(always)]
    fn run(&self, start: usize, dx: &mut [f32]) {
        let w = self.w;
        let (from, to, wide) = (volume(w.input), volume(w.output), w.output[2]);
        let mut spread = vec![0.0; w.input[2]];
        for (k, dx) in dx.chunks_exact_mut(from).enumerate() {
            let plane = start / from + k;
            for (row, g) in self.g[plane * to..(plane + 1) * to].chunks_exact(wide).enumerate() {
                spread.fill(0.0);
                for k in 0..w.kernel[2] {
                    let (outputs, first) = w.reach(k);
                    for (x, g) in spread[first..].iter_mut().step_by(w.stride[2]).zip(&g[outputs]) {
                        *x += g;
                    }
                }
                w.rows(row, |at| {
                    for (dx, s) in dx[at..at + w.input[2]].iter_mut().zip(&spread) {
                        *dx += s;
                    }
                });
            }
        }
    }
}
