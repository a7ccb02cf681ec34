//! Deformable convolution: a convolution whose taps are moved by offsets that the graph computes.
//!
//! Dai et al., "Deformable convolutional networks", 2017; with a mask, Zhu et al., 2018.

use rayon::prelude::*;

use super::conv::Window;
use super::{Call, Entry, Grad, Out, one, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;
use crate::value::checked_numel;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("deform", "DeformConv", Grad::Yes, deform_conv)
            .shape(rules::conv)
            .limits("2 spatial dimensions"),
    ]
}

fn deform_conv<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (x, w, offset) = (c.float(0)?, c.float(1)?, c.float(2)?);
    let (bias, mask) = (c.opt_float(3)?, c.opt_float(4)?);
    if x.rank() != 4 || w.rank() != 4 {
        return Err(OpError::unsupported("other than 2 spatial dimensions"));
    }
    let positive = |name: &str| {
        usize::try_from(c.int(name, 1))
            .ok()
            .filter(|&n| n > 0)
            .ok_or_else(|| OpError::bad(format!("{name} is not positive")))
    };
    let (groups, offset_groups) = (positive("group")?, positive("offset_group")?);
    let [batch, channels, height, width] = *x.shape() else {
        return Err(OpError::bad("expected an image"));
    };
    let (outs, per_group) = (w.shape()[0], w.shape()[1]);
    let window = Window::read(c, w.shape()[2..].to_vec(), &[height, width])?;
    let out = window.output(&[height, width], false)?;
    let taps = window.kernel[0] * window.kernel[1];
    let fits = channels.is_multiple_of(groups)
        && outs.is_multiple_of(groups)
        && per_group * groups == channels
        && channels.is_multiple_of(offset_groups)
        && offset.shape() == [batch, offset_groups * taps * 2, out[0], out[1]]
        && mask
            .as_ref()
            .is_none_or(|m| m.shape() == [batch, offset_groups * taps, out[0], out[1]])
        && bias.as_ref().is_none_or(|b| b.shape() == [outs]);
    if !fits {
        return Err(OpError::bad(format!(
            "an input of shape {:?}, a weight of {:?} and offsets of {:?} do not make a deformable convolution",
            x.shape(),
            w.shape(),
            offset.shape()
        )));
    }
    let places = checked_numel(&out)? as usize;
    let shape = vec![batch, outs, out[0], out[1]];
    c.reserve(&shape)?;
    c.reserve(&[batch, channels, taps, places])?;
    let elem = x.elem;
    if shape.contains(&0) || x.numel() == 0 {
        return one(Float::full(0.0, shape, elem, c.device));
    }
    let columns = Columns {
        window,
        out: [out[0], out[1]],
        offset_groups,
    };
    let mut inputs = vec![x, offset];
    inputs.extend(mask);
    let columns = operate(columns, inputs).reshape(vec![batch, groups, per_group * taps, places]);
    let w = w.reshape(vec![1, groups, outs / groups, per_group * taps]);
    let mut y = w.matmul(columns)?.reshape(shape);
    if let Some(b) = bias {
        y = y.add(b.reshape(vec![1, outs, 1, 1]))?;
    }
    one(y)
}

/// `x` at every moved tap: `[batch, channels * taps, places]`.
#[derive(Debug, Clone)]
struct Columns {
    window: Window,
    out: [usize; 2],
    offset_groups: usize,
}

/// A moved tap: four neighbours with their weights and what the weights do as `y` and `x` grow.
type Neighbours = [(Option<usize>, f64, [f64; 2]); 4];

fn neighbours(y: f64, x: f64, height: usize, width: usize) -> Neighbours {
    let inside = y > -1.0 && x > -1.0 && y < height as f64 && x < width as f64;
    if !inside {
        return [(None, 0.0, [0.0; 2]); 4];
    }
    let (top, left) = (y.floor(), x.floor());
    let (ty, tx) = (y - top, x - left);
    let at = |r: f64, c: f64| {
        let real = (0.0..height as f64).contains(&r) && (0.0..width as f64).contains(&c);
        real.then_some(r as usize * width + c as usize)
    };
    [
        (at(top, left), (1.0 - ty) * (1.0 - tx), [tx - 1.0, ty - 1.0]),
        (at(top, left + 1.0), (1.0 - ty) * tx, [-tx, 1.0 - ty]),
        (at(top + 1.0, left), ty * (1.0 - tx), [1.0 - tx, -ty]),
        (at(top + 1.0, left + 1.0), ty * tx, [tx, ty]),
    ]
}

impl Columns {
    fn taps(&self) -> usize {
        self.window.kernel[0] * self.window.kernel[1]
    }

    fn places(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Index of the first of the two offsets of a tap at a place; the second is a plane behind.
    fn offset_at(&self, image: usize, group: usize, tap: usize, place: usize) -> usize {
        (((image * self.offset_groups + group) * self.taps() + tap) * 2) * self.places() + place
    }

    fn mask_at(&self, image: usize, group: usize, tap: usize, place: usize) -> usize {
        ((image * self.offset_groups + group) * self.taps() + tap) * self.places() + place
    }

    fn sample<T: Copy + Into<f64>>(
        &self,
        offset: &[T],
        at: usize,
        tap: usize,
        place: usize,
        size: [usize; 2],
    ) -> Neighbours {
        let w = &self.window;
        let (row, column) = (place / self.out[1], place % self.out[1]);
        let (ky, kx) = (tap / w.kernel[1], tap % w.kernel[1]);
        let base = |o: usize, k: usize, i: usize| (o * w.stride[i] + k * w.dilation[i]) as f64 - w.pads[i].0 as f64;
        let y = base(row, ky, 0) + offset[at].into();
        let x = base(column, kx, 1) + offset[at + self.places()].into();
        neighbours(y, x, size[0], size[1])
    }

    fn run<T: Copy + Into<f64> + Send + Sync>(&self, inputs: &[Slice<'_, T>], narrow: fn(f64) -> T) -> Vec<T> {
        let (x, offset) = (inputs[0], inputs[1]);
        let (channels, size) = (x.shape[1], [x.shape[2], x.shape[3]]);
        let (taps, places, plane) = (self.taps(), self.places(), size[0] * size[1]);
        let each = channels / self.offset_groups;
        (0..x.shape[0] * channels * taps * places)
            .into_par_iter()
            .map(|k| {
                let (place, tap) = (k % places, k / places % taps);
                let (channel, image) = (k / places / taps % channels, k / places / taps / channels);
                let group = channel / each;
                let at = self.offset_at(image, group, tap, place);
                let data = &x.data[(image * channels + channel) * plane..][..plane];
                let sum: f64 = self
                    .sample(offset.data, at, tap, place, size)
                    .iter()
                    .map(|(at, weight, _)| at.map_or(0.0, |at| weight * data[at].into()))
                    .sum();
                let mask = inputs
                    .get(2)
                    .map_or(1.0, |m| m.data[self.mask_at(image, group, tap, place)].into());
                narrow(sum * mask)
            })
            .collect()
    }
}

impl Operation for Columns {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        vec![inputs[0][0], inputs[0][1] * self.taps(), self.places()]
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        self.run(inputs, |v| v as f32)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        self.run(inputs, |v| v)
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0, 1, 2],
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let (Some(x), Some(offset)) = (trace.inputs[0], trace.inputs[1]) else {
            return vec![None; trace.inputs.len()];
        };
        let mask = trace.inputs.get(2).copied().flatten();
        let (channels, size) = (x.shape[1], [x.shape[2], x.shape[3]]);
        let (taps, places, plane) = (self.taps(), self.places(), size[0] * size[1]);
        let each = channels / self.offset_groups;
        let mut dx = vec![0.0f32; x.data.len()];
        let mut doffset = vec![0.0f64; offset.data.len()];
        let mut dmask = mask.map(|m| vec![0.0f64; m.data.len()]);
        for image in 0..x.shape[0] {
            for channel in 0..channels {
                let group = channel / each;
                let base = (image * channels + channel) * plane;
                for tap in 0..taps {
                    for place in 0..places {
                        let column = ((image * channels + channel) * taps + tap) * places + place;
                        let g = f64::from(trace.gradient.data[column]);
                        let at = self.offset_at(image, group, tap, place);
                        let mask_at = self.mask_at(image, group, tap, place);
                        let weight = mask.map_or(1.0, |m| f64::from(m.data[mask_at]));
                        let mut value = 0.0;
                        for (corner, w, rise) in self.sample(offset.data, at, tap, place, size) {
                            let Some(corner) = corner else { continue };
                            let seen = f64::from(x.data[base + corner]);
                            value += w * seen;
                            dx[base + corner] += (g * weight * w) as f32;
                            doffset[at] += g * weight * rise[0] * seen;
                            doffset[at + places] += g * weight * rise[1] * seen;
                        }
                        if let Some(d) = &mut dmask {
                            d[mask_at] += g * value;
                        }
                    }
                }
            }
        }
        let narrow = |v: Vec<f64>| v.into_iter().map(|v| v as f32).collect();
        vec![Some(dx), Some(narrow(doffset)), dmask.map(narrow)]
    }
}
