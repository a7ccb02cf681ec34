//! Regions of interest: `RoiAlign` samples them, `MaxRoiPool` takes maxima of whole elements.

use std::sync::Arc;

use super::pick::{BLANK, pick_floats};
use super::weighted::{Rows, Weighted};
use super::{Call, Entry, Grad, Out, one, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Inferred, Site, only};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("roi", "RoiAlign", Grad::Yes, roi_align)
            .shape(aligned_shape)
            .limits("gradients pass to the image"),
        Entry::new("roi", "MaxRoiPool", Grad::Yes, max_roi_pool)
            .shape(pooled_shape)
            .limits("gradients pass to the image"),
    ]
}

/// Sampling points of one region along one axis would be more than anyone means.
const MOST_SAMPLES: f64 = 4096.0;

/// One sampled place: up to four elements of a plane with their weights.
type Place = [(usize, f64); 4];

/// The four neighbours of `(y, x)`; all weights zero where it lies off the plane.
fn neighbours(y: f64, x: f64, height: usize, width: usize) -> Place {
    let (h, w) = (height as f64, width as f64);
    if !((-1.0..=h).contains(&y) && (-1.0..=w).contains(&x)) {
        return [(0, 0.0); 4];
    }
    let split = |v: f64, n: usize| {
        let v = v.max(0.0);
        let low = v as usize;
        if low >= n - 1 {
            (n - 1, n - 1, 0.0)
        } else {
            (low, low + 1, v - low as f64)
        }
    };
    let ((top, bottom, ly), (left, right, lx)) = (split(y, height), split(x, width));
    [
        (top * width + left, (1.0 - ly) * (1.0 - lx)),
        (top * width + right, (1.0 - ly) * lx),
        (bottom * width + left, ly * (1.0 - lx)),
        (bottom * width + right, ly * lx),
    ]
}

fn output_size<B: Engine>(c: &Call<'_, B>, name: &str) -> Result<usize, OpError> {
    usize::try_from(c.int(name, 1))
        .ok()
        .filter(|&n| n > 0)
        .ok_or_else(|| OpError::bad(format!("{name} is not positive")))
}

fn roi_align<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (rows, columns) = (output_size(c, "output_height")?, output_size(c, "output_width")?);
    let ratio = c.int("sampling_ratio", 0);
    let scale = f64::from(c.f("spatial_scale", 1.0));
    let half = c.opset() >= 16 && c.str("coordinate_transformation_mode", "half_pixel") == "half_pixel";
    let largest = match c.str("mode", "avg").as_str() {
        "avg" => false,
        "max" => true,
        other => return Err(OpError::bad(format!("mode `{other}` is unknown"))),
    };
    let (x, rois, batch) = (c.float(0)?, c.float(1)?, c.host(2)?);
    let [n, channels, height, width] = *x.shape() else {
        return Err(OpError::bad(format!(
            "expected [batch, channels, height, width], got {:?}",
            x.shape()
        )));
    };
    let count = batch.data.len();
    if rois.shape() != [count, 4] || height == 0 || width == 0 {
        return Err(OpError::bad(format!(
            "regions of shape {:?} do not fit {count} batch indices and an image of {height} by {width}",
            rois.shape()
        )));
    }
    let from = super::gather::in_range(&batch.data, n)?;
    let from: Vec<usize> = from.into_iter().map(|i| i as usize).collect();
    let shape = vec![count, channels, rows, columns];
    c.reserve(&shape)?;
    let elem = x.elem;
    if shape.contains(&0) {
        return one(Float::full(0.0, shape, elem, c.device));
    }
    let rois = rois.into_doubles()?;
    let mut bins: Vec<Vec<Place>> = Vec::with_capacity(count * rows * columns);
    let mut places = 0usize;
    for roi in rois.chunks_exact(4) {
        let offset = if half { 0.5 } else { 0.0 };
        let [left, top, right, bottom] = std::array::from_fn(|i| roi[i] * scale - offset);
        let (mut w, mut h) = (right - left, bottom - top);
        if !half {
            (w, h) = (w.max(1.0), h.max(1.0));
        }
        if !(left.is_finite() && top.is_finite() && w.is_finite() && h.is_finite()) {
            return Err(OpError::bad("a region is not finite"));
        }
        let (bin_h, bin_w) = (h / rows as f64, w / columns as f64);
        let samples = |bin: f64| {
            let n = if ratio > 0 { ratio as f64 } else { bin.ceil() };
            if n > MOST_SAMPLES {
                return Err(OpError::unsupported(format!("{n} samples in one bin of a region")));
            }
            Ok(n.max(0.0) as usize)
        };
        let (down, across) = (samples(bin_h)?, samples(bin_w)?);
        places = places.saturating_add((down * across).saturating_mul(rows * columns));
        c.reserve(&[places, 32])?;
        for bin in 0..rows * columns {
            let (row, column) = ((bin / columns) as f64, (bin % columns) as f64);
            let mut list = Vec::with_capacity(down * across);
            for i in 0..down {
                let y = top + row * bin_h + (i as f64 + 0.5) * bin_h / down as f64;
                for k in 0..across {
                    let x = left + column * bin_w + (k as f64 + 0.5) * bin_w / across as f64;
                    list.push(neighbours(y, x, height, width));
                }
            }
            bins.push(list);
        }
    }
    let x = x.reshape(vec![n, channels, height * width]);
    if largest {
        return one(maxima(x, &bins, &from, rows * columns, c.device)?.reshape(shape));
    }
    let mut table = Rows::new();
    for list in &bins {
        let share = 1.0 / list.len().max(1) as f64;
        for &(at, weight) in list.iter().flatten() {
            if weight > 0.0 {
                table.entry(at, weight * share);
            }
        }
        table.finish();
    }
    let mean = Weighted {
        rows: Arc::new(table),
        from: Arc::new(from),
        outputs: rows * columns,
    };
    one(operate(mean, vec![x]).reshape(shape))
}

/// The largest of all weighted neighbours, as the reference implementations do.
fn maxima<B: Engine>(
    x: Float<B>,
    bins: &[Vec<Place>],
    from: &[usize],
    outputs: usize,
    device: &B::Device,
) -> Result<Float<B>, OpError> {
    let (channels, plane, elem) = (x.shape()[1], x.shape()[2], x.elem);
    let data = x.clone().into_doubles()?;
    let (mut index, mut weights) = (Vec::new(), Vec::new());
    for (region, &image) in from.iter().enumerate() {
        for channel in 0..channels {
            let base = (image * channels + channel) * plane;
            for list in &bins[region * outputs..(region + 1) * outputs] {
                let mut best: Option<(usize, f64, f64)> = None;
                for &(at, weight) in list.iter().flatten() {
                    let value = weight * data[base + at];
                    if best.is_none_or(|(_, _, old)| value > old) {
                        best = Some((base + at, weight, value));
                    }
                }
                let (at, weight, _) = best.unwrap_or((BLANK, 0.0, 0.0));
                index.push(at);
                weights.push(weight);
            }
        }
    }
    let shape = vec![index.len()];
    pick_floats(x, shape.clone(), &index)?.mul(Float::of(weights, shape, elem, device))
}

fn max_roi_pool<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let scale = f64::from(c.f("spatial_scale", 1.0));
    let pooled = c
        .sizes("pooled_shape")?
        .ok_or_else(|| OpError::bad("pooled_shape is missing"))?;
    let (x, rois) = (c.float(0)?, c.float(1)?);
    let ([n, channels, height, width], [rows, columns]) = (x.shape(), pooled.as_slice()) else {
        return Err(OpError::bad(format!(
            "an input of shape {:?} is not pooled to {pooled:?}",
            x.shape()
        )));
    };
    let (n, channels, height, width, rows, columns) = (*n, *channels, *height, *width, *rows, *columns);
    let count = match *rois.shape() {
        [count, 5] => count,
        ref other => {
            return Err(OpError::bad(format!(
                "expected regions of shape [count, 5], got {other:?}"
            )));
        }
    };
    let shape = vec![count, channels, rows, columns];
    c.reserve(&shape)?;
    c.reserve(&[count, channels, rows, columns, 4])?;
    let (data, rois) = (x.clone().into_doubles()?, rois.into_doubles()?);
    let mut index = Vec::with_capacity(shape.iter().product());
    for roi in rois.chunks_exact(5) {
        let image = super::gather::in_range(&[roi[0] as i64], n)?[0] as usize;
        // Whole elements; halves round away from zero.
        let [left, top, right, bottom] = std::array::from_fn(|i| (roi[i + 1] * scale).round() as i64);
        let span = |from: i64, to: i64, parts: usize, k: usize, limit: usize| {
            let bin = to.saturating_sub(from).saturating_add(1).max(1) as f64 / parts as f64;
            let edge = |v: f64| (v as i64).saturating_add(from).clamp(0, limit as i64) as usize;
            (edge((k as f64 * bin).floor()), edge(((k + 1) as f64 * bin).ceil()))
        };
        for channel in 0..channels {
            let base = (image * channels + channel) * height * width;
            for row in 0..rows {
                let (y0, y1) = span(top, bottom, rows, row, height);
                for column in 0..columns {
                    let (x0, x1) = span(left, right, columns, column, width);
                    let mut best = BLANK;
                    for y in y0..y1 {
                        for x in x0..x1 {
                            let at = base + y * width + x;
                            if best == BLANK || data[at] > data[best] {
                                best = at;
                            }
                        }
                    }
                    index.push(best);
                }
            }
        }
    }
    one(pick_floats(x, shape, &index)?)
}

/// `[regions, channels, rows, columns]`.
fn regions_shape(s: &Site<'_>, rows: Dim, columns: Dim) -> Inferred {
    let part = |i: usize, at: usize| {
        let shape = s.shape(i).ok().and_then(|x| x.get(at).cloned());
        shape.unwrap_or_else(Dim::unknown_size)
    };
    only(Fact::new(s.elem(0), vec![part(1, 0), part(0, 1), rows, columns]))
}

fn aligned_shape(s: &Site<'_>) -> Inferred {
    regions_shape(s, s.int("output_height", 1).into(), s.int("output_width", 1).into())
}

fn pooled_shape(s: &Site<'_>) -> Inferred {
    match s.ints("pooled_shape") {
        Some(&[rows, columns]) => regions_shape(s, rows.into(), columns.into()),
        _ => regions_shape(s, Dim::unknown_size(), Dim::unknown_size()),
    }
}
