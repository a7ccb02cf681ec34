//! Transposed convolutions, which are the input gradients of convolutions.
//!
//! An output element is reached by those taps only that leave the same remainder as it when divided by
//! the stride. The elements of one remainder are a convolution of stride one with those taps; for a
//! stride of `s` along an axis there are `s` of them.

use pulp::{Arch, Simd, WithSimd};
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
    classes: Classes,
}

#[derive(Debug)]
enum Classes {
    /// There is one remainder.
    One(Dense),
    /// One convolution a remainder, in the order of depth, height, width; `None` where no tap reaches.
    Apart(Vec<Option<Dense>>),
    /// One convolution for all: every output channel has one row a remainder, with zeros for the taps
    /// that do not reach it. More multiplications, but the patches are made once.
    Together(Dense),
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

/// Everything that makes the weights of a [`Spread`].
struct Filters<'a> {
    window: &'a Window,
    in_channels: usize,
    out_channels: usize,
    groups: usize,
    /// `[in_channels, out_channels / groups, kernel..]`.
    weights: &'a [f32],
}

impl Filters<'_> {
    /// The taps that connect an input channel of a group with an output channel.
    fn taps(&self, out: usize, input: usize) -> &[f32] {
        let (inputs, outputs) = (self.in_channels / self.groups, self.out_channels / self.groups);
        let (group, out) = (out / outputs, out % outputs);
        let taps = self.window.taps();
        let from = ((group * inputs + input) * outputs + out) * taps;
        &self.weights[from..from + taps]
    }

    /// Calls `f` for every output channel with every input channel of its group.
    fn pairs(&self, mut f: impl FnMut(&[f32])) {
        for out in 0..self.out_channels {
            for input in 0..self.in_channels / self.groups {
                f(self.taps(out, input));
            }
        }
    }

    fn apart(&self, axes: [Class; 3]) -> Dense {
        let kernel = self.window.kernel;
        let mut turned = Vec::new();
        self.pairs(|taps| {
            let back = |c: Class| (0..c.count).rev().map(move |k| c.first + k * c.step);
            for z in back(axes[0]) {
                for y in back(axes[1]) {
                    turned.extend(back(axes[2]).map(|x| taps[(z * kernel[1] + y) * kernel[2] + x]));
                }
            }
        });
        let sweep = Sweep {
            kernel: axes.map(|c| c.count),
            stride: [1; 3],
            dilation: axes.map(|c| c.dilation),
            before: axes.map(|c| c.before),
        };
        Dense::new(sweep, self.in_channels, self.out_channels, self.groups, &turned)
    }

    /// Taps along an axis of the window that holds those of all remainders.
    fn joint_taps(&self, axis: usize) -> usize {
        (self.window.kernel[axis] - 1) * self.window.dilation[axis] / self.window.stride[axis] + 1
    }

    fn together(&self) -> Dense {
        let Window {
            kernel,
            stride,
            dilation,
            before,
            ..
        } = *self.window;
        let joint: Space = std::array::from_fn(|i| self.joint_taps(i));
        // The tap of a remainder that lies `back` input elements before the output's quotient.
        let tap = |axis: usize, remainder: usize, back: usize| {
            let at = back * stride[axis] + remainder;
            (at.is_multiple_of(dilation[axis]) && at / dilation[axis] < kernel[axis]).then(|| at / dilation[axis])
        };
        let mut turned = Vec::new();
        for out in 0..self.out_channels {
            for remainder in remainders(stride) {
                for input in 0..self.in_channels / self.groups {
                    let taps = self.taps(out, input);
                    for z in (0..joint[0]).rev() {
                        for y in (0..joint[1]).rev() {
                            for x in (0..joint[2]).rev() {
                                let place = [
                                    tap(0, remainder[0], z),
                                    tap(1, remainder[1], y),
                                    tap(2, remainder[2], x),
                                ];
                                turned.push(match place {
                                    [Some(z), Some(y), Some(x)] => taps[(z * kernel[1] + y) * kernel[2] + x],
                                    _ => 0.0,
                                });
                            }
                        }
                    }
                }
            }
        }
        let sweep = Sweep {
            kernel: joint,
            stride: [1; 3],
            dilation: [1; 3],
            before: std::array::from_fn(|i| (joint[i] - 1) as isize - (before[i] / stride[i]) as isize),
        };
        Dense::new(
            sweep,
            self.in_channels,
            self.out_channels * volume(stride),
            self.groups,
            &turned,
        )
    }

    /// Whether one convolution for all remainders is less work, making patches included: that costs as much
    /// as six rows of the product, and fewer than four rows cost as much as four.
    fn join(&self) -> bool {
        let rows = self.out_channels / self.groups;
        let cost = |taps: usize, rows: usize| taps * (rows.max(4) + 6);
        let joint: usize = (0..3).map(|i| self.joint_taps(i)).product();
        let alone = self.in_channels == self.groups && self.out_channels == self.groups;
        !alone && cost(joint, rows * volume(self.window.stride)) < cost(self.window.taps(), rows)
    }
}

/// All remainders by the stride.
fn remainders(stride: Space) -> impl Iterator<Item = Space> {
    (0..stride[0]).flat_map(move |z| (0..stride[1]).flat_map(move |y| (0..stride[2]).map(move |x| [z, y, x])))
}

/// The outputs of one remainder: `[planes, extents..]`, of which every output channel has `planes` and the
/// first counts.
struct Sparse<'a> {
    values: &'a [f32],
    extents: Space,
    planes: usize,
    plane: usize,
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
        let filters = Filters {
            window,
            in_channels,
            out_channels,
            groups,
            weights,
        };
        let classes = if filters.join() {
            Classes::Together(filters.together())
        } else {
            let axis = |i: usize, remainder| class(kernel[i], stride[i], dilation[i], before[i], remainder);
            let mut apart: Vec<Option<Dense>> = remainders(stride)
                .map(|r| {
                    let axes = [axis(0, r[0])?, axis(1, r[1])?, axis(2, r[2])?];
                    Some(filters.apart(axes))
                })
                .collect();
            match apart.len() {
                1 => apart.pop().flatten().map_or(Classes::Apart(Vec::new()), Classes::One),
                _ => Classes::Apart(apart),
            }
        };
        Self {
            stride,
            before,
            out_channels,
            classes,
        }
    }

    pub fn bytes(&self) -> usize {
        match &self.classes {
            Classes::One(dense) | Classes::Together(dense) => dense.bytes(),
            Classes::Apart(classes) => classes.iter().flatten().map(Dense::bytes).sum(),
        }
    }

    pub fn run(&self, batch: usize, input: Space, output: Space, x: &[f32], epilogue: &Epilogue<'_>, y: &mut [f32]) {
        assert_eq!(y.len(), batch * self.out_channels * volume(output));
        if y.is_empty() {
            return;
        }
        let planes = batch * self.out_channels;
        let stride = self.stride;
        let plain = Epilogue::default();
        match &self.classes {
            Classes::One(dense) => dense.run(batch, input, output, x, epilogue, y),
            Classes::Together(dense) => {
                let extents: Space = std::array::from_fn(|i| {
                    (output[i] - 1 + self.before[i]) / stride[i] - self.before[i] / stride[i] + 1
                });
                let count = volume(stride);
                let mut values = scratch::take(planes * count * volume(extents));
                dense.run(batch, input, extents, x, &plain, &mut values);
                let sparse: Vec<_> = (0..count)
                    .map(|plane| {
                        Some(Sparse {
                            values: &values,
                            extents,
                            planes: count,
                            plane,
                        })
                    })
                    .collect();
                let skip: Space = std::array::from_fn(|i| self.before[i] / stride[i]);
                self.place(&sparse, |axis, _| skip[axis], output, epilogue, y);
            }
            Classes::Apart(classes) => {
                // Every remainder's elements for themselves, from the first on that is not negative.
                let parts: Vec<_> = classes
                    .iter()
                    .zip(remainders(stride))
                    .map(|(class, remainder)| {
                        let class = class.as_ref()?;
                        let extents: Space = std::array::from_fn(|i| {
                            let skipped = skipped(stride[i], self.before[i], remainder[i]);
                            let first = skipped * stride[i] + remainder[i] - self.before[i];
                            output[i].saturating_sub(first).div_ceil(stride[i])
                        });
                        let mut values = scratch::take(planes * volume(extents));
                        class.run(batch, input, extents, x, &plain, &mut values);
                        Some((extents, values))
                    })
                    .collect();
                let sparse: Vec<_> = parts
                    .iter()
                    .map(|part| {
                        part.as_ref().map(|(extents, values)| Sparse {
                            values,
                            extents: *extents,
                            planes: 1,
                            plane: 0,
                        })
                    })
                    .collect();
                let skip = |axis: usize, remainder: usize| skipped(stride[axis], self.before[axis], remainder);
                self.place(&sparse, skip, output, epilogue, y);
            }
        }
    }

    /// Puts the elements of all remainders into place, line by line. `skip` is the quotient of the first
    /// element along an axis.
    fn place(
        &self,
        sparse: &[Option<Sparse<'_>>],
        skip: impl Fn(usize, usize) -> usize + Sync,
        output: Space,
        epilogue: &Epilogue<'_>,
        y: &mut [f32],
    ) {
        let [_, high, wide] = output;
        let (stride, before) = (self.stride, self.before);
        let split = |axis: usize, o: usize| {
            let remainder = (o + before[axis]) % stride[axis];
            (remainder, (o + before[axis]) / stride[axis] - skip(axis, remainder))
        };
        let plane = volume(output);
        y.par_chunks_exact_mut(plane).enumerate().for_each(|(p, y)| {
            for (line, out) in y.chunks_exact_mut(wide).enumerate() {
                let ((rz, qz), (ry, qy)) = (split(0, line / high), split(1, line % high));
                // The elements of the remainder that has output number `first` on this line.
                let values = |first: usize| {
                    let (rx, qx) = split(2, first);
                    let part = sparse.get((rz * stride[1] + ry) * stride[2] + rx)?.as_ref()?;
                    let from = (p * part.planes + part.plane) * volume(part.extents);
                    let line = (qz * part.extents[1] + qy) * part.extents[2];
                    Some(&part.values[from + line + qx..from + line + part.extents[2]])
                };
                if let (2, Some(even), Some(odd)) = (stride[2], values(0), values(1.min(wide - 1))) {
                    // Written out, because it becomes shuffles.
                    let (pairs, last) = out.as_chunks_mut::<2>();
                    for (pair, (a, b)) in pairs.iter_mut().zip(even.iter().zip(odd)) {
                        *pair = [*a, *b];
                    }
                    if let ([last], Some(v)) = (last, even.get(wide / 2)) {
                        *last = *v;
                    }
                    continue;
                }
                for first in 0..stride[2].min(wide) {
                    let out = out[first..].iter_mut().step_by(stride[2]);
                    match values(first) {
                        Some(values) => out.zip(values).for_each(|(out, v)| *out = *v),
                        None => out.for_each(|out| *out = 0.0),
                    }
                }
            }
            Arch::new().dispatch(Finish {
                epilogue,
                channel: p % self.out_channels,
                at: p * plane,
                y,
            });
        });
    }
}

/// The epilogue of one channel's plane.
struct Finish<'a> {
    epilogue: &'a Epilogue<'a>,
    channel: usize,
    at: usize,
    y: &'a mut [f32],
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.epilogue.apply_row(simd, self.channel, self.at, self.y);
    }
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
