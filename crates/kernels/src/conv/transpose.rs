//! Transposed convolutions, which are the input gradients of convolutions.
//!
//! An output element is reached by those taps only that leave the same remainder as it when divided by
//! the stride. The elements of one remainder are a convolution of stride one with those taps; for a
//! stride of `s` along an axis there are `s` of them.

use rayon::prelude::*;

use super::Dense;
use super::window::{Space, Sweep, Window, volume};
use crate::epilogue::Epilogue;
use crate::scratch;

/// A transposed convolution with constant weights, packed once.
#[derive(Debug)]
pub struct ConvTranspose {
    window: Window,
    spread: Spread,
    backward: std::sync::OnceLock<Dense>,
    weights: Vec<f32>,
    groups: usize,
}

/// The convolutions of all remainders.
#[derive(Debug)]
pub(crate) struct Spread {
    stride: Space,
    before: Space,
    out_channels: usize,
    /// One a remainder, in the order of depth, height, width; `None` where no tap reaches.
    classes: Vec<Option<Dense>>,
}

/// Along one axis: the taps of one remainder, as a window of stride one.
#[derive(Debug, Clone, Copy)]
struct Class {
    /// First tap, and taps from one to the next.
    first: usize,
    step: usize,
    count: usize,
    /// Input elements from one tap to the next, and zeros before the first input element, for the taps
    /// in reverse order.
    dilation: usize,
    before: isize,
}

/// The class of outputs `o` with `(o + before) % stride == remainder`; output number `q` of it is
/// `o = q * stride + remainder - before` for the `q` that make it not negative.
fn class(kernel: usize, stride: usize, dilation: usize, before: usize, remainder: usize) -> Option<Class> {
    let mut taps = (0..kernel).filter(|k| k * dilation % stride == remainder);
    let first = taps.next()?;
    let step = taps.next().map_or(kernel, |second| second - first);
    let count = (kernel - 1 - first) / step + 1;
    // o + before = i * stride + k * dilation, so i = q - (k * dilation - remainder) / stride.
    let back = |k: usize| ((k * dilation - remainder) / stride) as isize;
    let dilation = if count > 1 {
        (back(first + step) - back(first)) as usize
    } else {
        1
    };
    let farthest = back(first + (count - 1) * step);
    Some(Class {
        first,
        step,
        count,
        dilation,
        before: farthest - skipped(stride, before, remainder) as isize,
    })
}

/// How many `q` come before the first whose output is not negative.
fn skipped(stride: usize, before: usize, remainder: usize) -> usize {
    before.saturating_sub(remainder).div_ceil(stride)
}

impl Spread {
    /// `weights` are `[in_channels, out_channels / groups, kernel..]`.
    pub fn new(window: &Window, in_channels: usize, out_channels: usize, groups: usize, weights: &[f32]) -> Self {
        let Window {
            kernel,
            stride,
            dilation,
            before,
            ..
        } = *window;
        let (inputs, outputs) = (in_channels / groups, out_channels / groups);
        let taps = window.taps();
        let axis = |i: usize, remainder| class(kernel[i], stride[i], dilation[i], before[i], remainder);
        let mut classes = Vec::with_capacity(volume(stride));
        for z in 0..stride[0] {
            for y in 0..stride[1] {
                for x in 0..stride[2] {
                    let (Some(z), Some(y), Some(x)) = (axis(0, z), axis(1, y), axis(2, x)) else {
                        classes.push(None);
                        continue;
                    };
                    let axes = [z, y, x];
                    let mut turned = Vec::with_capacity(out_channels * inputs * z.count * y.count * x.count);
                    for out in 0..out_channels {
                        let (group, out) = (out / outputs, out % outputs);
                        for input in 0..inputs {
                            let from = ((group * inputs + input) * outputs + out) * taps;
                            let weights = &weights[from..from + taps];
                            let back = |c: Class| (0..c.count).rev().map(move |k| c.first + k * c.step);
                            for z in back(z) {
                                for y in back(y) {
                                    turned.extend(back(x).map(|x| weights[(z * kernel[1] + y) * kernel[2] + x]));
                                }
                            }
                        }
                    }
                    let sweep = Sweep {
                        kernel: axes.map(|c| c.count),
                        stride: [1; 3],
                        dilation: axes.map(|c| c.dilation),
                        before: axes.map(|c| c.before),
                    };
                    classes.push(Some(Dense::new(sweep, in_channels, out_channels, groups, &turned)));
                }
            }
        }
        Self {
            stride,
            before,
            out_channels,
            classes,
        }
    }

    pub fn bytes(&self) -> usize {
        self.classes.iter().flatten().map(Dense::bytes).sum()
    }

    pub fn run(&self, batch: usize, input: Space, output: Space, x: &[f32], epilogue: &Epilogue<'_>, y: &mut [f32]) {
        if let (1, Some(Some(whole))) = (self.classes.len(), self.classes.first()) {
            whole.run(batch, input, output, x, epilogue, y);
            return;
        }
        assert_eq!(y.len(), batch * self.out_channels * volume(output));
        if y.is_empty() {
            return;
        }
        let planes = batch * self.out_channels;
        let stride = self.stride;
        let remainders =
            (0..stride[0]).flat_map(|z| (0..stride[1]).flat_map(move |y| (0..stride[2]).map(move |x| [z, y, x])));
        // Every remainder's elements for themselves.
        let sparse: Vec<Option<(Space, scratch::Scratch)>> = self
            .classes
            .iter()
            .zip(remainders)
            .map(|(class, remainder)| {
                let class = class.as_ref()?;
                let extent: Space = std::array::from_fn(|i| {
                    // Outputs from the first that is not negative on, `stride` apart.
                    let first = self.first(i, remainder[i]);
                    output[i].saturating_sub(first).div_ceil(stride[i])
                });
                let mut part = scratch::take(planes * volume(extent));
                class.run(batch, input, extent, x, &Epilogue::default(), &mut part);
                Some((extent, part))
            })
            .collect();
        // Then line by line into place.
        let [_, high, wide] = output;
        let plane = volume(output);
        y.par_chunks_exact_mut(plane).enumerate().for_each(|(p, y)| {
            for (line, out) in y.chunks_exact_mut(wide).enumerate() {
                let (z, row) = (line / high, line % high);
                let (rz, qz) = self.place(0, z);
                let (ry, qy) = self.place(1, row);
                for rx in 0..stride[2] {
                    let first = self.first(2, rx);
                    let out = out.get_mut(first..).unwrap_or_default();
                    match &sparse[(rz * stride[1] + ry) * stride[2] + rx] {
                        Some((extent, part)) => {
                            let from = p * volume(*extent) + (qz * extent[1] + qy) * extent[2];
                            let values = &part[from..from + extent[2]];
                            scatter(values, stride[2], out);
                        }
                        None => out.iter_mut().step_by(stride[2]).for_each(|v| *v = 0.0),
                    }
                }
            }
            epilogue_plane(epilogue, p % self.out_channels, p * plane, y);
        });
    }

    /// The first output along an axis that has this remainder.
    fn first(&self, axis: usize, remainder: usize) -> usize {
        let (stride, before) = (self.stride[axis], self.before[axis]);
        skipped(stride, before, remainder) * stride + remainder - before
    }

    /// Remainder and number of an output along an axis.
    fn place(&self, axis: usize, o: usize) -> (usize, usize) {
        let (stride, before) = (self.stride[axis], self.before[axis]);
        let remainder = (o + before) % stride;
        (remainder, (o + before) / stride - skipped(stride, before, remainder))
    }
}

fn scatter(values: &[f32], stride: usize, out: &mut [f32]) {
    for (out, v) in out.iter_mut().step_by(stride).zip(values) {
        *out = *v;
    }
}

/// The epilogue of one channel's plane, on the best instruction set.
fn epilogue_plane(epilogue: &Epilogue<'_>, channel: usize, at: usize, y: &mut [f32]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || epilogue.apply_row(channel, at, y),
    );
}

impl ConvTranspose {
    /// Packs weights of shape `[in_channels, out_channels / groups, kernel..]`; the window is that of the
    /// convolution whose input gradient this is.
    ///
    /// # Panics
    /// Where the weights do not fit the channels and the window.
    pub fn new(window: Window, in_channels: usize, out_channels: usize, groups: usize, weights: &[f32]) -> Self {
        assert!(groups > 0 && in_channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups));
        assert_eq!(weights.len(), in_channels * (out_channels / groups) * window.taps());
        Self {
            spread: Spread::new(&window, in_channels, out_channels, groups, weights),
            backward: std::sync::OnceLock::new(),
            weights: weights.to_vec(),
            window,
            groups,
        }
    }

    /// Memory of the packed weights; those of the backward pass come when it is first run.
    pub fn bytes(&self) -> usize {
        self.spread.bytes() + self.weights.len() * 4 + self.backward.get().map_or(0, Dense::bytes)
    }

    /// `y`, of shape `[batch, out_channels, output..]`, from `x` of `[batch, in_channels, input..]`; the
    /// output's extents are [`Window::transposed_output`], or any that the caller wants. The epilogue's
    /// arrays run along the output channels.
    ///
    /// # Panics
    /// Where the slices do not fit the shapes.
    pub fn forward(
        &self,
        batch: usize,
        input: Space,
        output: Space,
        x: &[f32],
        epilogue: &Epilogue<'_>,
        y: &mut [f32],
    ) {
        self.spread.run(batch, input, output, x, epilogue, y);
    }

    /// The gradient `dx` of the input, `[batch, in_channels, input..]`, from `dy`, the gradient of the
    /// output: a convolution.
    ///
    /// # Panics
    /// Where the slices do not fit the shapes.
    pub fn backward_input(&self, batch: usize, input: Space, output: Space, dy: &[f32], dx: &mut [f32]) {
        let dense = self.backward.get_or_init(|| {
            let in_channels = self.weights.len() / (self.spread.out_channels / self.groups) / self.window.taps();
            Dense::new(
                Sweep::from(&self.window),
                self.spread.out_channels,
                in_channels,
                self.groups,
                &self.weights,
            )
        });
        dense.run(batch, output, input, dy, &Epilogue::default(), dx);
    }
}
