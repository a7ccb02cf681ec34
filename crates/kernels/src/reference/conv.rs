//! Convolutions.

use crate::conv::{Space, Window};

/// What a convolution connects.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The window.
    pub window: Window,
    /// Images.
    pub batch: usize,
    /// Channels of the convolution's input.
    pub in_channels: usize,
    /// Channels of its output.
    pub out_channels: usize,
    /// Groups of channels.
    pub groups: usize,
    /// Extents of its input.
    pub input: Space,
    /// Extents of its output.
    pub output: Space,
}

impl Shape {
    /// Calls `f` with the index of the input element, the weight and the output element of every product.
    pub fn products(&self, mut f: impl FnMut(usize, usize, usize)) {
        let Window {
            kernel,
            stride,
            dilation,
            before,
            ..
        } = self.window;
        let (inputs, outputs) = (self.in_channels / self.groups, self.out_channels / self.groups);
        let coordinates = |i: usize, space: Space| [i / space[2] / space[1], i / space[2] % space[1], i % space[2]];
        let taps: usize = kernel.iter().product();
        let (volume, plane): (usize, usize) = (self.input.iter().product(), self.output.iter().product());
        for image in 0..self.batch {
            for out in 0..self.out_channels {
                for element in 0..plane {
                    let o = coordinates(element, self.output);
                    for c in 0..inputs {
                        let channel = out / outputs * inputs + c;
                        for tap in 0..taps {
                            let k = coordinates(tap, kernel);
                            let at: [Option<usize>; 3] = std::array::from_fn(|i| {
                                (o[i] * stride[i] + k[i] * dilation[i])
                                    .checked_sub(before[i])
                                    .filter(|&x| x < self.input[i])
                            });
                            if let [Some(z), Some(y), Some(x)] = at {
                                let x = (z * self.input[1] + y) * self.input[2] + x;
                                f(
                                    (image * self.in_channels + channel) * volume + x,
                                    (out * inputs + c) * taps + tap,
                                    (image * self.out_channels + out) * plane + element,
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    /// [`crate::conv::Conv::forward`] without its epilogue.
    pub fn forward(&self, weights: &[f32], x: &[f32]) -> Vec<f64> {
        let mut y = vec![0.0; self.batch * self.out_channels * self.output.iter().product::<usize>()];
        self.products(|i, w, o| y[o] += f64::from(x[i]) * f64::from(weights[w]));
        y
    }

    /// [`crate::conv::Conv::backward_input`], and [`crate::conv::ConvTranspose::forward`] without its
    /// epilogue.
    pub fn backward_input(&self, weights: &[f32], dy: &[f32]) -> Vec<f64> {
        let mut dx = vec![0.0; self.batch * self.in_channels * self.input.iter().product::<usize>()];
        self.products(|i, w, o| dx[i] += f64::from(dy[o]) * f64::from(weights[w]));
        dx
    }
}
