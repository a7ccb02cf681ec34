//! What is done to a result while it is still in the cache.

use pulp::Simd;

use crate::activation::Activation;

/// The steps after a product or a convolution, in this order: bias, norm, residual, activation. The
/// result has the very bits of the same steps done one after another over the whole array.
///
/// Per-channel arrays have one element a column of a product, or one a channel of a convolution.
#[derive(Debug, Clone, Copy, Default)]
pub struct Epilogue<'a> {
    /// Added per channel.
    pub bias: Option<&'a [f32]>,
    /// Batch normalisation of an inference pass.
    pub norm: Option<Norm<'a>>,
    /// Added element by element; as long as the result.
    pub residual: Option<&'a [f32]>,
    /// Applied last.
    pub activation: Activation,
}

/// `(x - mean) * gain + bias` per channel, with `gain = scale / sqrt(variance + epsilon)`.
#[derive(Debug, Clone, Copy)]
pub struct Norm<'a> {
    /// Taken away.
    pub mean: &'a [f32],
    /// Multiplied.
    pub gain: &'a [f32],
    /// Added.
    pub bias: &'a [f32],
}

/// Which axis of the product the per-channel arrays run along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    Row,
    Column,
}

impl Epilogue<'_> {
    /// The steps for `y`, all of one channel, whose first element is number `at` of the result.
    #[inline(always)]
    pub(crate) fn apply_row<S: Simd>(&self, simd: S, channel: usize, at: usize, y: &mut [f32]) {
        if let Some(bias) = self.bias {
            let b = bias[channel];
            for y in &mut *y {
                *y += b;
            }
        }
        if let Some(norm) = self.norm {
            let (mean, gain, bias) = (norm.mean[channel], norm.gain[channel], norm.bias[channel]);
            for y in &mut *y {
                *y = (*y - mean) * gain + bias;
            }
        }
        if let Some(residual) = self.residual {
            let n = y.len();
            y.iter_mut().zip(&residual[at..at + n]).for_each(|(y, r)| *y += r);
        }
        self.activation.apply(simd, y);
    }
}

impl Epilogue<'_> {
    /// The steps for `y`, whose elements are of channels `first`, `first + 1`, ...
    #[inline(always)]
    pub(crate) fn apply_columns<S: Simd>(&self, simd: S, first: usize, at: usize, y: &mut [f32]) {
        let n = y.len();
        if let Some(bias) = self.bias {
            y.iter_mut().zip(&bias[first..first + n]).for_each(|(y, b)| *y += b);
        }
        if let Some(norm) = self.norm {
            let parameters = norm.mean[first..first + n]
                .iter()
                .zip(&norm.gain[first..first + n])
                .zip(&norm.bias[first..first + n]);
            for (y, ((mean, gain), bias)) in y.iter_mut().zip(parameters) {
                *y = (*y - mean) * gain + bias;
            }
        }
        if let Some(residual) = self.residual {
            y.iter_mut().zip(&residual[at..at + n]).for_each(|(y, r)| *y += r);
        }
        self.activation.apply(simd, y);
    }
}
