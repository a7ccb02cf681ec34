//! Sampling at given places: `GridSample` and the grids that `AffineGrid` makes for it.

use rayon::prelude::*;

use super::pick::BLANK;
use super::{Call, Entry, Grad, Out, one, one_host, operate, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::{Fact, Gap, Inferred, Site, only};
use crate::value::{Host, Value, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("grid", "GridSample", Grad::Yes, grid_sample).shape(sample_shape),
        Entry::new("grid", "AffineGrid", Grad::Yes, affine_grid).shape(grid_shape),
    ]
}

fn affine_grid<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let align = c.int("align_corners", 0) != 0;
    let (theta, size) = (c.float(0)?, sizes(&c.host(1)?.data, "size")?);
    let dims = size.len().saturating_sub(2);
    if !(1..=3).contains(&dims) || theta.shape() != [size[0], dims, dims + 1] {
        return Err(OpError::bad(format!(
            "matrices of shape {:?} do not fit an image of shape {size:?}",
            theta.shape()
        )));
    }
    let mut shape = vec![size[0]];
    shape.extend(&size[2..]);
    shape.push(dims);
    c.reserve(&shape)?;
    let points: usize = size[2..].iter().product();
    c.reserve(&[points, dims + 1, 2])?;
    if points == 0 || size[0] == 0 {
        return one(Float::from_vec(Vec::new(), shape, theta.elem, c.device));
    }
    let place = |k: usize, n: usize| match (align, n) {
        (true, 1) => 0.0,
        (true, _) => 2.0 * k as f64 / (n - 1) as f64 - 1.0,
        (false, _) => (2.0 * k as f64 + 1.0) / n as f64 - 1.0,
    };
    // Homogeneous coordinates, the innermost dimension first.
    let mut base = Vec::with_capacity(points * (dims + 1));
    for p in 0..points {
        let mut rest = p;
        for &n in size[2..].iter().rev() {
            base.push(place(rest % n, n));
            rest /= n;
        }
        base.push(1.0);
    }
    let base = Float::of(base, vec![1, points, dims + 1], theta.elem, c.device);
    one(base.matmul(theta.permute(&[0, 2, 1]))?.reshape(shape))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Padding {
    Zeros,
    Border,
    Reflection,
}

fn grid_sample<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let mode = match c.str("mode", "linear").as_str() {
        "linear" | "bilinear" => Mode::Linear,
        "nearest" => Mode::Nearest,
        "cubic" | "bicubic" => Mode::Cubic,
        other => return Err(OpError::bad(format!("mode `{other}` is unknown"))),
    };
    let padding = match c.str("padding_mode", "zeros").as_str() {
        "zeros" => Padding::Zeros,
        "border" => Padding::Border,
        "reflection" => Padding::Reflection,
        other => return Err(OpError::bad(format!("padding_mode `{other}` is unknown"))),
    };
    let sample = Sample {
        mode,
        padding,
        align: c.int("align_corners", 0) != 0,
    };
    let (x, grid) = (c.value(0)?, c.float(1)?);
    let rank = x.shape().len();
    let fits = rank >= 3
        && grid.rank() == rank
        && grid.shape()[0] == x.shape()[0]
        && grid.shape()[rank - 1] == rank - 2
        && rank <= 6;
    if !fits {
        return Err(OpError::bad(format!(
            "a grid of shape {:?} does not fit an input of shape {:?}",
            grid.shape(),
            x.shape()
        )));
    }
    let mut shape = x.shape()[..2].to_vec();
    shape.extend(&grid.shape()[1..rank - 1]);
    c.reserve(&shape)?;
    // What a place keeps per axis while it is worked on.
    c.reserve(&[grid.numel(), 4, 8])?;
    let run = |x: Float<B>| {
        if shape.contains(&0) || x.numel() == 0 {
            return Float::full(0.0, shape.clone(), x.elem, c.device);
        }
        operate(sample, vec![x, grid])
    };
    match x {
        Value::Float(x) => one(run(x)),
        Value::Host(h) => {
            let doubles = Float::from_doubles(h.data.iter().map(|&v| v as f64).collect(), h.shape, c.device);
            let y = run(doubles);
            let data = y.into_doubles()?.iter().map(|&v| h.elem.wrap(v as i64)).collect();
            one_host(Host::new(shape, h.elem, data))
        }
        other => Err(other.refuse()),
    }
}

/// Samples `x` (`[batch, channels, ...]`) at `grid` (`[batch, ..., axes]`, innermost axis first).
#[derive(Debug, Clone, Copy)]
struct Sample {
    mode: Mode,
    padding: Padding,
    align: bool,
}

/// One input position along an axis that a place reads.
#[derive(Debug, Clone, Copy)]
struct Tap {
    /// Position, or [`BLANK`] where the input has none.
    at: usize,
    weight: f64,
    /// d weight / d grid coordinate.
    slope: f64,
}

impl Sample {
    fn count(self) -> usize {
        match self.mode {
            Mode::Nearest => 1,
            Mode::Linear => 2,
            Mode::Cubic => 4,
        }
    }

    /// The interval that reflection folds into.
    fn borders(self, n: usize) -> (f64, f64) {
        if self.align {
            (0.0, n as f64 - 1.0)
        } else {
            (-0.5, n as f64 - 0.5)
        }
    }

    /// `x` folded into the borders, and the sign that folding gives its derivative.
    fn reflect(self, x: f64, n: usize) -> (f64, f64) {
        let (low, high) = self.borders(n);
        let range = high - low;
        if range <= 0.0 {
            return (low.max(0.0), 0.0);
        }
        let from = (x - low).abs();
        let flips = (from / range).floor();
        let rest = from - flips * range;
        let sign = if x < low { -1.0 } else { 1.0 };
        if flips % 2.0 == 0.0 {
            (low + rest, sign)
        } else {
            (high - rest, -sign)
        }
    }

    fn index(self, i: f64, n: usize) -> usize {
        let inside = (0.0..n as f64).contains(&i);
        match self.padding {
            _ if inside => i as usize,
            Padding::Zeros => BLANK,
            Padding::Border => i.clamp(0.0, n as f64 - 1.0) as usize,
            Padding::Reflection => (self.reflect(i, n).0.round().max(0.0) as usize).min(n - 1),
        }
    }

    /// What the coordinate `g` reads along an axis of `n` elements.
    fn taps(self, g: f64, n: usize, out: &mut [Tap]) {
        let nothing = Tap {
            at: BLANK,
            weight: 0.0,
            slope: 0.0,
        };
        if !g.is_finite() {
            out.fill(nothing);
            return;
        }
        let (mut x, mut slope) = if self.align {
            ((g + 1.0) * ((n as f64 - 1.0) / 2.0), (n as f64 - 1.0) / 2.0)
        } else {
            (((g + 1.0) * n as f64 - 1.0) / 2.0, n as f64 / 2.0)
        };
        if self.mode == Mode::Nearest {
            x = x.round_ties_even();
        }
        let (low, high) = self.borders(n);
        if x < low || x > high {
            match self.padding {
                Padding::Zeros => {}
                Padding::Border => {
                    x = x.clamp(0.0, n as f64 - 1.0);
                    slope = 0.0;
                }
                Padding::Reflection => {
                    let (folded, sign) = self.reflect(x, n);
                    x = folded;
                    slope *= sign;
                }
            }
        }
        let base = x.floor();
        let t = x - base;
        let a = -0.75;
        let tap = |k: f64, weight: f64, rise: f64| Tap {
            at: self.index(base + k, n),
            weight,
            slope: rise * slope,
        };
        match self.mode {
            Mode::Nearest => {
                out[0] = Tap {
                    at: self.index(x.trunc(), n),
                    weight: 1.0,
                    slope: 0.0,
                }
            }
            Mode::Linear => {
                out[0] = tap(0.0, 1.0 - t, -1.0);
                out[1] = tap(1.0, t, 1.0);
            }
            Mode::Cubic => {
                let near = |s: f64| {
                    (
                        ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0,
                        (3.0 * (a + 2.0) * s - 2.0 * (a + 3.0)) * s,
                    )
                };
                let far = |s: f64| {
                    (
                        ((a * s - 5.0 * a) * s + 8.0 * a) * s - 4.0 * a,
                        (3.0 * a * s - 10.0 * a) * s + 8.0 * a,
                    )
                };
                let parts = [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)];
                for (k, (weight, rise)) in parts.into_iter().enumerate() {
                    let rise = if k < 2 { rise } else { -rise };
                    out[k] = tap(k as f64 - 1.0, weight, rise);
                }
            }
        }
    }

    /// Taps of every place of one image, `[places, axes, count]`, outermost axis first.
    fn all_taps<T: Copy + Into<f64>>(self, grid: &[T], space: &[usize]) -> Vec<Tap> {
        let (axes, count) = (space.len(), self.count());
        let nothing = Tap {
            at: BLANK,
            weight: 0.0,
            slope: 0.0,
        };
        let mut taps = vec![nothing; grid.len() * count];
        for (k, &g) in grid.iter().enumerate() {
            let (place, axis) = (k / axes, axes - 1 - k % axes);
            let start = (place * axes + axis) * count;
            self.taps(g.into(), space[axis], &mut taps[start..start + count]);
        }
        taps
    }

    /// Calls `f` with every input position that a place reads and the tap of each axis.
    fn visit(self, taps: &[Tap], space: &[usize], mut f: impl FnMut(usize, &[Tap; 4])) {
        let (axes, count) = (space.len(), self.count());
        let steps = strides(space);
        let mut chosen = [taps[0]; 4];
        'combination: for k in 0..count.pow(axes as u32) {
            let (mut rest, mut at) = (k, 0);
            for axis in 0..axes {
                let tap = taps[axis * count + rest % count];
                rest /= count;
                if tap.at == BLANK {
                    continue 'combination;
                }
                at += tap.at * steps[axis];
                chosen[axis] = tap;
            }
            f(at, &chosen);
        }
    }

    fn run<T: Copy + Into<f64> + Sync + Send>(self, inputs: &[Slice<'_, T>], narrow: fn(f64) -> T) -> Vec<T> {
        let (x, grid) = (inputs[0], inputs[1]);
        let space = &x.shape[2..];
        let (batch, channels) = (x.shape[0], x.shape[1]);
        let (plane, axes) = (space.iter().product::<usize>(), space.len());
        let per_image = grid.data.len() / batch.max(1);
        let (places, step) = (per_image / axes, axes * self.count());
        let mut y = Vec::with_capacity(batch * channels * places);
        for n in 0..batch {
            let taps = self.all_taps(&grid.data[n * per_image..(n + 1) * per_image], space);
            let image = &x.data[n * channels * plane..(n + 1) * channels * plane];
            y.par_extend((0..channels * places).into_par_iter().map(|k| {
                let (channel, place) = (k / places, k % places);
                let mut sum = 0.0;
                self.visit(&taps[place * step..(place + 1) * step], space, |at, chosen| {
                    let weight: f64 = chosen[..axes].iter().map(|t| t.weight).product();
                    sum += weight * image[channel * plane + at].into();
                });
                narrow(sum)
            }));
        }
        y
    }
}

impl Operation for Sample {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        let mut shape = inputs[0][..2].to_vec();
        shape.extend(&inputs[1][1..inputs[1].len() - 1]);
        shape
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        self.run(inputs, |v| v as f32)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        self.run(inputs, |v| v)
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0, 1],
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let (Some(x), Some(grid)) = (trace.inputs[0], trace.inputs[1]) else {
            return vec![None, None];
        };
        let space = &x.shape[2..];
        let (batch, channels) = (x.shape[0], x.shape[1]);
        let (plane, axes) = (space.iter().product::<usize>(), space.len());
        let per_image = grid.data.len() / batch.max(1);
        let (places, step) = (per_image / axes, axes * self.count());
        let g = trace.gradient.data;
        let mut dx = trace.wanted[0].then(|| vec![0.0f32; x.data.len()]);
        let mut dgrid = trace.wanted[1].then(|| vec![0.0f32; grid.data.len()]);
        for n in 0..batch {
            let taps = self.all_taps(&grid.data[n * per_image..(n + 1) * per_image], space);
            let g = &g[n * channels * places..(n + 1) * channels * places];
            if let Some(dx) = &mut dx {
                let image = &mut dx[n * channels * plane..(n + 1) * channels * plane];
                image.par_chunks_mut(plane).enumerate().for_each(|(channel, dx)| {
                    for place in 0..places {
                        let g = f64::from(g[channel * places + place]);
                        self.visit(&taps[place * step..(place + 1) * step], space, |at, chosen| {
                            let weight: f64 = chosen[..axes].iter().map(|t| t.weight).product();
                            dx[at] += (weight * g) as f32;
                        });
                    }
                });
            }
            if let Some(dgrid) = &mut dgrid {
                let image = &x.data[n * channels * plane..(n + 1) * channels * plane];
                let row = &mut dgrid[n * per_image..(n + 1) * per_image];
                row.par_chunks_mut(axes).enumerate().for_each(|(place, d)| {
                    let mut sums = [0.0f64; 4];
                    self.visit(&taps[place * step..(place + 1) * step], space, |at, chosen| {
                        let seen: f64 = (0..channels)
                            .map(|ch| f64::from(g[ch * places + place]) * f64::from(image[ch * plane + at]))
                            .sum();
                        for (axis, sum) in sums[..axes].iter_mut().enumerate() {
                            let others = (0..axes).filter(|&o| o != axis).map(|o| chosen[o].weight);
                            *sum += seen * chosen[axis].slope * others.product::<f64>();
                        }
                    });
                    for (k, d) in d.iter_mut().enumerate() {
                        *d = sums[axes - 1 - k] as f32;
                    }
                });
            }
        }
        vec![dx, dgrid]
    }
}

fn sample_shape(s: &Site<'_>) -> Inferred {
    let unknown = |_| Gap::Unknown(vec![s.elem(0)]);
    let (x, grid) = (s.shape(0).map_err(unknown)?, s.shape(1).map_err(unknown)?);
    let mut shape = x.iter().take(2).cloned().collect::<Vec<_>>();
    shape.extend(grid.iter().skip(1).take(grid.len().saturating_sub(2)).cloned());
    only(Fact::new(s.elem(0), shape))
}

/// `[batch, channels, ...]` becomes `[batch, ..., axes]`.
fn grid_shape(s: &Site<'_>) -> Inferred {
    let size = s.whole(1).map_err(|_| Gap::Unknown(vec![s.elem(0)]))?;
    let mut shape: Vec<_> = size.iter().take(1).chain(size.iter().skip(2)).cloned().collect();
    shape.push(size.len().saturating_sub(2).into());
    only(Fact::new(s.elem(0), shape))
}
