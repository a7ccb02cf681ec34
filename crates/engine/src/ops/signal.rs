//! Signals: Fourier transforms, windows and mel filters.

use std::f64::consts::PI;

use super::fourier::{Direction, Fourier};
use super::pick::pick_floats;
use super::{Call, Entry, Grad, Out, axis, one, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, only};
use crate::value::{Elem, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let s = |op, run| Entry::new("signal", op, Grad::Stops, run);
    vec![
        Entry::new("signal", "DFT", Grad::Yes, dft).shape(dft_shape),
        Entry::new("signal", "STFT", Grad::Yes, stft).shape(stft_shape),
        s("HannWindow", |c| window(c, &[0.5, 0.5])).shape(window_shape),
        s("HammingWindow", |c| window(c, &[25.0 / 46.0, 21.0 / 46.0])).shape(window_shape),
        s("BlackmanWindow", |c| window(c, &[0.42, 0.5, 0.08])).shape(window_shape),
        s("MelWeightMatrix", mel_weights).shape(mel_shape),
    ]
}

/// Transforms longer than this are refused: a length is an input, and need not be the signal's.
const LONGEST: i64 = 1 << 26;

fn length(value: i64) -> Result<usize, OpError> {
    if (1..=LONGEST).contains(&value) {
        Ok(value as usize)
    } else {
        Err(OpError::bad(format!(
            "a transform of length {value} is none of 1 to {LONGEST}"
        )))
    }
}

/// Transforms axis `at` of `x`, whose last axis holds the parts of a number.
fn transform<B: Engine>(c: &Call<'_, B>, x: Float<B>, at: usize, by: Fourier) -> Result<Float<B>, OpError> {
    let last = x.rank() - 1;
    let mut order: Vec<usize> = (0..last).filter(|&a| a != at).collect();
    order.extend([at, last]);
    let x = x.permute(&order);
    let mut shape = x.shape().to_vec();
    let (given, parts) = (shape[last - 1], shape[last]);
    let rows = shape[..last - 1].iter().product();
    let (positions, out_parts) = by.result();
    shape[last - 1] = positions;
    shape[last] = out_parts;
    c.reserve(&shape)?;
    // What a row is worked on in, and the tables of its plan.
    c.reserve(&[by.length, 64])?;
    let y = if rows == 0 || given == 0 {
        Float::full(0.0, shape, x.elem, c.device)
    } else {
        operate(by, vec![x.reshape(vec![rows, given, parts])]).reshape(shape)
    };
    let mut back = vec![0; last + 1];
    for (to, &from) in order.iter().enumerate() {
        back[from] = to;
    }
    Ok(y.permute(&back))
}

fn dft<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (inverse, half) = (c.int("inverse", 0) != 0, c.int("onesided", 0) != 0);
    let x = c.float(0)?;
    let parts = x.shape().last().copied().unwrap_or(0);
    if x.rank() < 2 || !(1..=2).contains(&parts) {
        return Err(OpError::bad(format!(
            "expected a last axis of 1 or 2 parts of a number, got shape {:?}",
            x.shape()
        )));
    }
    let at = if c.opset() < 20 {
        c.int("axis", 1)
    } else {
        c.scalar_int(2)?.unwrap_or(-2)
    };
    let at = axis(at, x.rank())?;
    if at + 1 == x.rank() {
        return Err(OpError::bad(
            "the last axis holds parts of numbers and is not transformed",
        ));
    }
    let direction = match (inverse, half) {
        (false, false) => Direction::Forward,
        (false, true) if parts == 1 => Direction::ForwardHalf,
        (false, true) => return Err(OpError::bad("half a spectrum exists for real input only")),
        (true, false) => Direction::Inverse,
        (true, true) if parts == 2 => Direction::InverseHalf,
        (true, true) => return Err(OpError::bad("half a spectrum is complex, the input is real")),
    };
    let given = x.shape()[at] as i64;
    let own = if direction == Direction::InverseHalf {
        2 * (given - 1)
    } else {
        given
    };
    let by = Fourier {
        direction,
        length: length(c.scalar_int(1)?.unwrap_or(own))?,
    };
    one(transform(c, x, at, by)?)
}

fn stft<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let half = c.int("onesided", 1) != 0;
    let x = c.float(0)?;
    let [batch, samples, parts @ 1..=2] = *x.shape() else {
        return Err(OpError::bad(format!(
            "expected a signal of shape [batch, length, 1 or 2], got {:?}",
            x.shape()
        )));
    };
    let step = c.scalar_int(1)?.unwrap_or(0);
    let window = c.opt_float(2)?;
    let own = window.as_ref().map_or(samples, Float::numel) as i64;
    let frame = length(c.scalar_int(3)?.unwrap_or(own))?;
    let step = usize::try_from(step)
        .ok()
        .filter(|&s| s > 0)
        .ok_or_else(|| OpError::bad("frame_step is not positive"))?;
    if window.as_ref().is_some_and(|w| w.shape() != [frame]) || frame > samples || (half && parts == 2) {
        return Err(OpError::bad(format!(
            "frames of {frame} do not fit the window or a signal of shape {:?}",
            x.shape()
        )));
    }
    let frames = (samples - frame) / step + 1;
    let shape = vec![batch, frames, frame, parts];
    c.reserve(&shape)?;
    c.reserve(&[batch, frames, frame, parts, 4])?;
    let steps = strides(x.shape());
    let index = crate::value::strided_indices(&shape, &[steps[0], step * parts, parts, 1], 0);
    let mut y = pick_floats(x, shape, &index)?;
    if let Some(w) = window {
        let elem = y.elem;
        y = y.mul(w.cast_like(elem).reshape(vec![1, 1, frame, 1]))?;
    }
    let direction = if half {
        Direction::ForwardHalf
    } else {
        Direction::Forward
    };
    one(transform(
        c,
        y,
        2,
        Fourier {
            direction,
            length: frame,
        },
    )?)
}

/// The element type an attribute names.
fn named_type<B: Engine>(c: &Call<'_, B>) -> Result<Elem, OpError> {
    let code = c.int("output_datatype", 1);
    Elem::from_onnx(code as i32)
        .filter(|e| *e != Elem::Str)
        .ok_or_else(|| OpError::unsupported(format!("output of element type {code}")))
}

/// A sum of cosines with alternating signs.
fn window<B: Engine>(c: &mut Call<'_, B>, terms: &[f64]) -> Out<B> {
    let periodic = c.int("periodic", 1) != 0;
    let elem = named_type(c)?;
    let n = c.scalar_int(0)?.ok_or_else(|| OpError::bad("the size is missing"))?;
    let n = usize::try_from(n).map_err(|_| OpError::bad("the size is negative"))?;
    c.reserve(&[n, 4])?;
    let period = if periodic { n } else { n.saturating_sub(1) }.max(1) as f64;
    let data = (0..n)
        .map(|k| {
            let value = |(i, a): (usize, &f64)| {
                let sign = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
                sign * a * (2.0 * PI * (i * k) as f64 / period).cos()
            };
            terms.iter().enumerate().map(value).sum()
        })
        .collect();
    Ok(vec![c.numbers(data, vec![n], elem)?])
}

fn mel_weights<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let elem = named_type(c)?;
    let missing = || OpError::bad("an input is missing");
    let bins = c.scalar_int(0)?.ok_or_else(missing)?;
    let dft = c.scalar_int(1)?.ok_or_else(missing)?;
    let rate = c.scalar_int(2)?.ok_or_else(missing)?;
    let (low, high) = (c.scalar(3)?.ok_or_else(missing)?, c.scalar(4)?.ok_or_else(missing)?);
    if rate <= 0 || !(low >= 0.0 && high >= low && high.is_finite()) {
        return Err(OpError::bad(format!(
            "frequencies from {low} to {high} at a rate of {rate} make no filters"
        )));
    }
    let bins = usize::try_from(bins).map_err(|_| OpError::bad("num_mel_bins is negative"))?;
    let rows = length(dft)? / 2 + 1;
    c.reserve(&[rows, bins, 2])?;
    let mel = |hertz: f64| 2595.0 * (hertz / 700.0).ln_1p() / 10f64.ln();
    let step = (mel(high) - mel(low)) / (bins + 2) as f64;
    let edges: Vec<i64> = (0..bins + 2)
        .map(|k| {
            let hertz = 700.0 * ((k as f64 * step + mel(low)) / 2595.0 * 10f64.ln()).exp_m1();
            ((dft + 1) as f64 * hertz / rate as f64).floor() as i64
        })
        .collect();
    if edges.last().is_some_and(|&e| e > rows as i64) {
        return Err(OpError::bad(format!("{high} hertz is above half the rate of {rate}")));
    }
    let mut data = vec![0.0; rows * bins];
    for bin in 0..bins {
        let (left, centre, right) = (edges[bin], edges[bin + 1], edges[bin + 2]);
        let mut set = |row: i64, value: f64| {
            if (0..rows as i64).contains(&row) {
                data[row as usize * bins + bin] = value;
            }
        };
        if left == centre {
            set(centre, 1.0);
        }
        for row in left..=centre {
            if centre > left {
                set(row, (row - left) as f64 / (centre - left) as f64);
            }
        }
        for row in centre..right {
            set(row, (right - row) as f64 / (right - centre) as f64);
        }
    }
    Ok(vec![c.numbers(data, vec![rows, bins], elem)?])
}

/// The only element of input `i`, where known.
fn single(s: &Site<'_>, i: usize) -> Option<Dim> {
    s.whole(i).ok()?.first().cloned()
}

fn dft_shape(s: &Site<'_>) -> Inferred {
    let unknown = || Gap::Unknown(vec![s.elem(0)]);
    let mut shape = s.shape(0).map_err(|_| unknown())?.to_vec();
    let (inverse, half) = (s.int("inverse", 0) != 0, s.int("onesided", 0) != 0);
    let at = if s.opset() < 20 {
        s.int("axis", 1)
    } else if s.has(2) {
        single(s, 2).and_then(|d| d.number()).ok_or_else(unknown)?
    } else {
        -2
    };
    let at = crate::shapes::axis(at, shape.len())?;
    let length = match (s.has(1), inverse && half) {
        (true, _) => single(s, 1).unwrap_or_else(Dim::unknown_size),
        (false, true) => &(&shape[at] - 1) * 2,
        (false, false) => shape[at].clone(),
    };
    shape[at] = if half && !inverse {
        &length.floor_div(&2.into()) + 1
    } else {
        length
    };
    if let Some(parts) = shape.last_mut() {
        *parts = if half && inverse { 1 } else { 2 }.into();
    }
    only(Fact::new(s.elem(0), shape))
}

fn stft_shape(s: &Site<'_>) -> Inferred {
    let x = s.shape_of_rank(0, 3).map_err(|_| Gap::Unknown(vec![s.elem(0)]))?;
    let window = s.shape(2).ok().and_then(|w| w.first().cloned());
    let frame = match (s.has(3), window) {
        (true, _) => single(s, 3).unwrap_or_else(Dim::unknown_size),
        (false, Some(window)) => window,
        (false, None) => x[1].clone(),
    };
    let frames = match single(s, 1) {
        Some(step) if step.at_least(1) => &(&x[1] - &frame).floor_div(&step) + 1,
        _ => Dim::unknown_size(),
    };
    let bins = if s.int("onesided", 1) != 0 {
        &frame.floor_div(&2.into()) + 1
    } else {
        frame
    };
    only(Fact::new(s.elem(0), vec![x[0].clone(), frames, bins, 2.into()]))
}

fn window_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem_named("output_datatype").or(Some(Elem::F32));
    only(Fact::new(elem, vec![single(s, 0).unwrap_or_else(Dim::unknown_size)]))
}

fn mel_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem_named("output_datatype").or(Some(Elem::F32));
    let rows = single(s, 1).map_or_else(Dim::unknown_size, |n| &n.floor_div(&2.into()) + 1);
    only(Fact::new(
        elem,
        vec![rows, single(s, 0).unwrap_or_else(Dim::unknown_size)],
    ))
}
