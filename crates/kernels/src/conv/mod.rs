//! Convolutions over one to three axes, their input gradient, and transposed convolutions.
//!
//! A convolution is a product of its weights with the patches of its input, which are made block by
//! block ([`patches`]). Its input gradient is a convolution too: with the taps turned round and the
//! channels exchanged, one for every remainder of the stride ([`transpose`]).

mod depthwise;
mod patches;
mod transpose;
mod window;
mod winograd;

use std::sync::OnceLock;

pub use transpose::ConvTranspose;
pub use window::{Space, Window, space};

use crate::epilogue::{Axis, Epilogue};
use crate::gemm::{DEPTH, Matrix, PackedRows, Part, Split, from_columns};
use crate::scratch;
use patches::Patches;
use transpose::Spread;
use window::{Sweep, volume};
use winograd::Winograd;

/// A convolution with constant weights, packed once.
#[derive(Debug)]
pub struct Conv {
    window: Window,
    groups: usize,
    dense: Dense,
    backward: OnceLock<Spread>,
}

impl Conv {
    /// Packs weights of shape `[out_channels, in_channels / groups, kernel..]`.
    ///
    /// # Panics
    /// Where the weights do not fit the channels and the window.
    pub fn new(window: Window, in_channels: usize, out_channels: usize, groups: usize, weights: &[f32]) -> Self {
        let sweep = Sweep::from(&window);
        Self {
            window,
            groups,
            dense: Dense::new(sweep, in_channels, out_channels, groups, weights),
            backward: OnceLock::new(),
        }
    }

    /// The window.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Channels of the input and of the output.
    pub fn channels(&self) -> (usize, usize) {
        (self.dense.in_channels, self.dense.out_channels)
    }

    /// Memory of the packed weights; those of the backward pass come when it is first run.
    pub fn bytes(&self) -> usize {
        self.dense.bytes() + self.backward.get().map_or(0, Spread::bytes)
    }

    /// `y`, of shape `[batch, out_channels, output..]`, from `x` of `[batch, in_channels, input..]`. The
    /// epilogue's arrays run along the output channels.
    ///
    /// # Panics
    /// Where the slices do not fit the shapes.
    pub fn forward(&self, batch: usize, input: Space, x: &[f32], epilogue: &Epilogue<'_>, y: &mut [f32]) {
        let output = self.window.output(input);
        self.dense.run(batch, input, output, x, epilogue, y);
    }

    /// The gradient `dx` of the input, `[batch, in_channels, input..]`, from `dy`, the gradient of the
    /// output.
    ///
    /// # Panics
    /// Where the slices do not fit the shapes.
    pub fn backward_input(&self, batch: usize, input: Space, dy: &[f32], dx: &mut [f32]) {
        let spread = self.backward.get_or_init(|| {
            let weights = self.dense.unpack();
            Spread::new(
                &self.window,
                self.dense.out_channels,
                self.dense.in_channels,
                self.groups,
                &weights,
            )
        });
        spread.run(batch, self.window.output(input), input, dy, &Epilogue::default(), dx);
    }
}

/// A convolution of any output extent, as a product.
#[derive(Debug)]
pub(crate) struct Dense {
    sweep: Sweep,
    in_channels: usize,
    out_channels: usize,
    weights: Weights,
    winograd: OnceLock<Winograd>,
}

#[derive(Debug)]
enum Weights {
    /// One operand a group.
    Packed(Vec<PackedRows>),
    /// `[channels, taps]`, where every channel is a group.
    Depthwise(Vec<f32>),
}

impl Dense {
    pub fn new(sweep: Sweep, in_channels: usize, out_channels: usize, groups: usize, weights: &[f32]) -> Self {
        assert!(groups > 0 && in_channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups));
        let (inputs, outputs) = (in_channels / groups, out_channels / groups);
        let taps = sweep.taps();
        assert_eq!(weights.len(), out_channels * inputs * taps);
        let weights = if inputs == 1 && outputs == 1 {
            Weights::Depthwise(weights.to_vec())
        } else {
            let depth = Split::at_most(inputs, taps, DEPTH);
            let size = outputs * inputs * taps;
            let room = || scratch::own(PackedRows::size(outputs, inputs * taps));
            let pack = |w| PackedRows::new(Matrix::new(w, outputs, inputs * taps), depth, room());
            Weights::Packed(weights.chunks_exact(size.max(1)).map(pack).collect())
        };
        Self {
            sweep,
            in_channels,
            out_channels,
            weights,
            winograd: OnceLock::new(),
        }
    }

    fn groups(&self) -> usize {
        match &self.weights {
            Weights::Packed(groups) => groups.len(),
            Weights::Depthwise(_) => self.in_channels,
        }
    }

    pub fn bytes(&self) -> usize {
        let packed = match &self.weights {
            Weights::Packed(groups) => groups.iter().map(PackedRows::bytes).sum(),
            Weights::Depthwise(weights) => weights.len() * 4,
        };
        packed + self.winograd.get().map_or(0, Winograd::bytes)
    }

    /// The weights as [`Dense::new`] took them.
    fn unpack(&self) -> Vec<f32> {
        match &self.weights {
            Weights::Packed(groups) => groups.iter().flat_map(PackedRows::unpack).collect(),
            Weights::Depthwise(weights) => weights.clone(),
        }
    }

    pub fn run(&self, batch: usize, input: Space, output: Space, x: &[f32], epilogue: &Epilogue<'_>, y: &mut [f32]) {
        assert_eq!(x.len(), batch * self.in_channels * volume(input));
        assert_eq!(y.len(), batch * self.out_channels * volume(output));
        if y.is_empty() {
            return;
        }
        // Without neighbours all axes are one.
        let (input, output) = if self.sweep.is_pointwise() && input == output {
            ([1, 1, volume(input)], [1, 1, volume(output)])
        } else {
            (input, output)
        };
        let groups = match &self.weights {
            Weights::Packed(groups) => groups,
            Weights::Depthwise(weights) => {
                depthwise::run(&self.sweep, self.in_channels, weights, input, output, x, epilogue, y);
                return;
            }
        };
        let (inputs, outputs) = (self.in_channels, self.out_channels);
        if groups.len() == 1 && winograd::wins(&self.sweep, inputs, outputs, input, output) {
            let make = || Winograd::new(&self.sweep, inputs, outputs, &self.unpack());
            self.winograd
                .get_or_init(make)
                .run(batch, input, output, x, epilogue, y);
            return;
        }
        let inputs = inputs / self.groups();
        let parts: Vec<_> = groups
            .iter()
            .enumerate()
            .map(|(i, left)| Part {
                left,
                right: Patches {
                    x,
                    channels: self.in_channels,
                    first: i * inputs,
                    input,
                    output,
                    sweep: self.sweep,
                    depth: left.depth,
                },
            })
            .collect();
        let plane = volume(output);
        from_columns(&parts, plane, batch * plane, epilogue, Axis::Row, y);
    }
}
