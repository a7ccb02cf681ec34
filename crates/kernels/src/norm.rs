//! Normalisation by a row's own mean and variance: layer, RMS, group and instance normalisation
//! (Ba et al., 2016; Zhang and Sennrich, 2019; Wu and He, 2018; Ulyanov et al., 2016), and batch
//! normalisation with given statistics (Ioffe and Szegedy, 2015).
//!
//! `x` is `[rows, width]`. A gain and a bias belong to every element of a row, or to every one of its
//! channels ([`Affine`]).

use crate::lanes;
use crate::parallel::{self, Body, PIECE};

/// The statistics that are taken away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    /// Elements of a row.
    pub width: usize,
    /// Added to the variance.
    pub epsilon: f32,
    /// Whether the mean is taken away (layer normalisation) or not (RMS).
    pub centre: bool,
    /// Where gain and bias belong.
    pub affine: Affine,
}

/// Which element of gain and bias belongs to element `j` of row `r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affine {
    /// `j`: gain and bias are `[width]`.
    Element,
    /// Channel `(r % groups) * (width / inner) + j / inner`: rows are groups of channels of `inner`
    /// elements, and gain and bias are `[groups * width / inner]`.
    Channel {
        /// Groups of a sample.
        groups: usize,
        /// Elements of a channel.
        inner: usize,
    },
}

impl Norm {
    fn parameters(&self) -> usize {
        match self.affine {
            Affine::Element => self.width,
            Affine::Channel { groups, inner } => groups * self.width / inner,
        }
    }

    fn check(&self, x: &[f32], gain: &[f32]) {
        assert!(self.width > 0 && x.len().is_multiple_of(self.width));
        assert_eq!(gain.len(), self.parameters());
    }

    /// Calls `f` for every stretch of row `r` with one parameter index (`Channel`), or for the whole
    /// row (`Element`): its range, and the first parameter of it.
    #[inline(always)]
    fn stretches(&self, r: usize, mut f: impl FnMut(std::ops::Range<usize>, usize)) {
        match self.affine {
            Affine::Element => f(0..self.width, 0),
            Affine::Channel { groups, inner } => {
                let channels = self.width / inner;
                for c in 0..channels {
                    f(c * inner..(c + 1) * inner, (r % groups) * channels + c);
                }
            }
        }
    }
}

/// What is taken away from a row and what it is multiplied with.
#[derive(Clone, Copy)]
struct Statistics {
    /// The mean in two parts: what rounding drops matters where a row varies little.
    mean: (f32, f32),
    /// One over the deviation.
    scale: f32,
}

impl Statistics {
    #[inline(always)]
    fn of(norm: &Norm, x: &[f32]) -> Self {
        let n = x.len() as f64;
        let mean = if norm.centre {
            (lanes::sum(x, |v| v) / n) as f32
        } else {
            0.0
        };
        // A second pass over the row, which is in the cache: numbers centred once are small, and their sums
        // lose nothing.
        let (sum, squares) = lanes::moments(x, |v| v - mean);
        let rest = if norm.centre { sum / n } else { 0.0 };
        let variance = squares / n - rest * rest;
        let scale = (1.0 / (variance + f64::from(norm.epsilon)).sqrt()) as f32;
        Self {
            mean: (mean, rest as f32),
            scale,
        }
    }

    #[inline(always)]
    fn centred(self, v: f32) -> f32 {
        (v - self.mean.0) - self.mean.1
    }

    #[inline(always)]
    fn normal(self, v: f32) -> f32 {
        self.centred(v) * self.scale
    }
}

/// `(x - mean) / sqrt(variance + epsilon) * gain + bias`, row by row; no bias where `bias` is `None`.
///
/// # Panics
/// Where a slice has the wrong length.
pub fn forward(norm: &Norm, x: &[f32], gain: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    norm.check(x, gain);
    assert!(bias.is_none_or(|b| b.len() == gain.len()));
    parallel::collect(
        x.len(),
        parallel::rows(norm.width),
        &Forward {
            norm: *norm,
            x,
            gain,
            bias,
        },
    )
}

struct Forward<'a> {
    norm: Norm,
    x: &'a [f32],
    gain: &'a [f32],
    bias: Option<&'a [f32]>,
}

impl Body<f32> for Forward<'_> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f32]) {
        let width = self.norm.width;
        let x = &self.x[start..start + y.len()];
        for (k, (x, y)) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).enumerate() {
            let s = Statistics::of(&self.norm, x);
            if self.norm.affine == Affine::Element {
                for ((x, y), g) in x.iter().zip(y.iter_mut()).zip(self.gain) {
                    *y = s.normal(*x) * g;
                }
                for (y, b) in y.iter_mut().zip(self.bias.unwrap_or_default()) {
                    *y += b;
                }
                continue;
            }
            self.norm.stretches(start / width + k, |range, c| {
                let (g, b) = (self.gain[c], self.bias.map_or(0.0, |b| b[c]));
                for (x, y) in x[range.clone()].iter().zip(&mut y[range]) {
                    *y = s.normal(*x) * g + b;
                }
            });
        }
    }
}

/// The gradient of the input.
///
/// # Panics
/// Where a slice has the wrong length.
pub fn backward(norm: &Norm, x: &[f32], gain: &[f32], gradient: &[f32]) -> Vec<f32> {
    norm.check(x, gain);
    assert_eq!(x.len(), gradient.len());
    let body = Backward {
        norm: *norm,
        x,
        gain,
        gradient,
    };
    parallel::collect(x.len(), parallel::rows(norm.width), &body)
}

struct Backward<'a> {
    norm: Norm,
    x: &'a [f32],
    gain: &'a [f32],
    gradient: &'a [f32],
}

impl Body<f32> for Backward<'_> {
    #[inline(always)]
    fn run(&self, start: usize, dx: &mut [f32]) {
        let width = self.norm.width;
        let at = start..start + dx.len();
        let rows = self.x[at.clone()]
            .chunks_exact(width)
            .zip(self.gradient[at].chunks_exact(width));
        for (k, ((x, g), dx)) in rows.zip(dx.chunks_exact_mut(width)).enumerate() {
            let s = Statistics::of(&self.norm, x);
            // The gradient of the normalised row.
            if self.norm.affine == Affine::Element {
                for ((dx, g), gain) in dx.iter_mut().zip(g).zip(self.gain) {
                    *dx = g * gain;
                }
            } else {
                self.norm.stretches(start / width + k, |range, c| {
                    let gain = self.gain[c];
                    for (dx, g) in dx[range.clone()].iter_mut().zip(&g[range]) {
                        *dx = g * gain;
                    }
                });
            }
            let n = width as f64;
            let along = if self.norm.centre {
                (lanes::sum(dx, |v| v) / n) as f32
            } else {
                0.0
            };
            let dot = lanes::sum2(dx, x, |d, x| d * s.centred(x)) / n;
            let pull = (dot * f64::from(s.scale) * f64::from(s.scale)) as f32;
            for (dx, x) in dx.iter_mut().zip(x) {
                *dx = s.scale * (*dx - along - s.centred(*x) * pull);
            }
        }
    }
}

/// The gradients of gain and bias, summed over the rows in their order.
///
/// # Panics
/// Where a slice has the wrong length.
pub fn backward_parameters(norm: &Norm, x: &[f32], gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
    assert!(norm.width > 0 && x.len().is_multiple_of(norm.width));
    assert_eq!(x.len(), gradient.len());
    let parameters = norm.parameters();
    let mut sums = vec![(0.0f64, 0.0f64); parameters];
    for (r, (x, g)) in x
        .chunks_exact(norm.width)
        .zip(gradient.chunks_exact(norm.width))
        .enumerate()
    {
        let s = Statistics::of(norm, x);
        norm.stretches(r, |range, first| {
            let each = norm.affine == Affine::Element;
            for (k, (x, g)) in x[range.clone()].iter().zip(&g[range]).enumerate() {
                let sum = &mut sums[first + if each { k } else { 0 }];
                sum.0 += f64::from(g * s.normal(*x));
                sum.1 += f64::from(*g);
            }
        });
    }
    sums.into_iter().map(|(g, b)| (g as f32, b as f32)).unzip()
}

/// `(x - mean) * gain + bias` per channel of `[outer, channels, inner]`. Centred first: where the result
/// is near zero, which is where a rectifier decides, this loses less than one product and one sum.
///
/// # Panics
/// Where a slice has the wrong length.
pub fn with_statistics(x: &[f32], inner: usize, mean: &[f32], gain: &[f32], bias: &[f32]) -> Vec<f32> {
    let channels = mean.len();
    assert!(gain.len() == channels && bias.len() == channels);
    assert!(x.is_empty() || x.len().is_multiple_of(channels * inner));
    let body = Given {
        x,
        inner,
        mean,
        gain,
        bias,
    };
    parallel::collect(x.len(), PIECE, &body)
}

struct Given<'a> {
    x: &'a [f32],
    inner: usize,
    mean: &'a [f32],
    gain: &'a [f32],
    bias: &'a [f32],
}

impl Body<f32> for Given<'_> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f32]) {
        let channels = self.mean.len();
        let x = &self.x[start..start + y.len()];
        if self.inner == 1 {
            let mut at = 0;
            while at < y.len() {
                let c = (start + at) % channels;
                let end = (at + channels - c).min(y.len());
                let parameters = self.mean[c..].iter().zip(&self.gain[c..]).zip(&self.bias[c..]);
                for ((x, y), ((m, g), b)) in x[at..end].iter().zip(&mut y[at..end]).zip(parameters) {
                    *y = (x - m) * g + b;
                }
                at = end;
            }
            return;
        }
        let mut at = 0;
        while at < y.len() {
            let (block, column) = ((start + at) / self.inner, (start + at) % self.inner);
            let end = (at + self.inner - column).min(y.len());
            let c = block % channels;
            let (m, g, b) = (self.mean[c], self.gain[c], self.bias[c]);
            for (x, y) in x[at..end].iter().zip(&mut y[at..end]) {
                *y = (x - m) * g + b;
            }
            at = end;
        }
    }
}
