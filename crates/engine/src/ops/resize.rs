//! Resizing images: nearest by gathering, linear and cubic as a product with a small matrix per axis.

use super::{Call, Entry, Grad, Out, one};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, axes, contradiction};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("resize", "Resize", Grad::Yes, resize)
            .shape(shape)
            .limits("no antialias, no crop, no keep_aspect_ratio_policy"),
        Entry::new("resize", "Upsample", Grad::Yes, resize).shape(shape),
    ]
}

fn resize<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let upsample = c.node.op == "Upsample" || c.opset() < 11;
    if c.int("antialias", 0) != 0 || c.str("keep_aspect_ratio_policy", "stretch") != "stretch" {
        return Err(OpError::unsupported("antialias or keep_aspect_ratio_policy"));
    }
    let mode = c.str("mode", "nearest");
    let coordinates = if upsample {
        "asymmetric".to_owned()
    } else {
        c.str("coordinate_transformation_mode", "half_pixel")
    };
    let rounding = if upsample {
        "floor".to_owned()
    } else {
        c.str("nearest_mode", "round_prefer_floor")
    };
    let cubic = f64::from(c.f("cubic_coeff_a", -0.75));
    let outside = c.int("exclude_outside", 0) != 0;
    let scales = match c.opt_float(if upsample { 1 } else { 2 })? {
        Some(s) => Some(s.into_vec()?).filter(|v| !v.is_empty()),
        None => match c.node.attrs.get("scales") {
            Some(crate::graph::Attr::Floats(v)) => Some(v.clone()),
            _ => None,
        },
    };
    let sizes = if upsample { None } else { c.opt_host(3)? };
    let mut x = c.float(0)?;
    let rank = x.rank();
    let named: Vec<usize> = match c.ints("axes") {
        Some(a) => a.iter().map(|&a| super::axis(a, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let mut target = x.shape().to_vec();
    let mut factor: Vec<f64> = vec![1.0; rank];
    for (k, &a) in named.iter().enumerate() {
        let d = x.shape()[a] as f64;
        if let Some(h) = &sizes {
            let v = *h
                .data
                .get(k)
                .ok_or_else(|| OpError::bad("sizes does not name every axis"))?;
            target[a] = usize::try_from(v).map_err(|_| OpError::bad("a size is negative"))?;
            factor[a] = target[a] as f64 / d.max(1.0);
        } else if let Some(s) = &scales {
            factor[a] = f64::from(
                *s.get(k)
                    .ok_or_else(|| OpError::bad("scales does not name every axis"))?,
            );
            if !(factor[a] > 0.0 && factor[a] < 1e6) {
                return Err(OpError::bad("a scale is not positive"));
            }
            target[a] = (d * factor[a]).floor() as usize;
        } else {
            return Err(OpError::bad("neither scales nor sizes are given"));
        }
    }
    c.reserve(&target)?;
    for a in 0..rank {
        let (n, m) = (x.shape()[a], target[a]);
        if n == m && (factor[a] - 1.0).abs() < 1e-12 {
            continue;
        }
        if n == 0 || m == 0 {
            return Err(OpError::bad("an axis has no elements"));
        }
        let at = |o: usize| source(&coordinates, o, n, m, factor[a]);
        if mode == "nearest" {
            let mut index = Vec::with_capacity(m);
            for o in 0..m {
                index.push(nearest(&rounding, at(o)?).clamp(0, n as i64 - 1));
            }
            x = x.select(a, &index);
            continue;
        }
        c.reserve(&[n, m])?;
        let mut weights = vec![0.0f32; n * m];
        for o in 0..m {
            for (i, w) in taps(&mode, at(o)?, n, cubic, outside)? {
                weights[i * m + o] += w as f32;
            }
        }
        let matrix = c.tensor_from(weights, vec![n, m], x.elem);
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(a, rank - 1);
        x = lift(x.permute(&order), matrix)?.permute(&order);
    }
    one(x)
}

fn lift<B: Engine>(x: Float<B>, matrix: Float<B>) -> Result<Float<B>, OpError> {
    if x.rank() == 1 {
        let n = x.numel();
        let y = x.reshape(vec![1, n]).matmul(matrix)?;
        let m = y.numel();
        return Ok(y.reshape(vec![m]));
    }
    x.matmul(matrix)
}

fn source(mode: &str, o: usize, n: usize, m: usize, scale: f64) -> Result<f64, OpError> {
    let o = o as f64;
    Ok(match mode {
        "half_pixel" => (o + 0.5) / scale - 0.5,
        "pytorch_half_pixel" => {
            if m > 1 {
                (o + 0.5) / scale - 0.5
            } else {
                0.0
            }
        }
        "half_pixel_symmetric" => {
            let adjust = m as f64 / (scale * n as f64);
            let centre = n as f64 / 2.0;
            centre * (1.0 - adjust) + (o + 0.5) / scale - 0.5
        }
        "align_corners" => {
            if m > 1 {
                o * (n as f64 - 1.0) / (m as f64 - 1.0)
            } else {
                0.0
            }
        }
        "asymmetric" => o / scale,
        other => {
            return Err(OpError::unsupported(format!(
                "coordinate_transformation_mode `{other}`"
            )));
        }
    })
}

fn nearest(mode: &str, x: f64) -> i64 {
    (match mode {
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "round_prefer_ceil" => (x + 0.5).floor(),
        _ => (x - 0.5).ceil(),
    }) as i64
}

/// Positions and weights that make one output.
fn taps(mode: &str, x: f64, n: usize, a: f64, exclude: bool) -> Result<Vec<(usize, f64)>, OpError> {
    let base = x.floor();
    let t = x - base;
    let raw: Vec<(i64, f64)> = match mode {
        "linear" => vec![(0, 1.0 - t), (1, t)],
        "cubic" => {
            let near = |s: f64| ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0;
            let far = |s: f64| ((a * s - 5.0 * a) * s + 8.0 * a) * s - 4.0 * a;
            vec![(-1, far(1.0 + t)), (0, near(t)), (1, near(1.0 - t)), (2, far(2.0 - t))]
        }
        other => return Err(OpError::unsupported(format!("mode `{other}`"))),
    };
    let last = n as i64 - 1;
    let mut out: Vec<(i64, f64)> = raw.into_iter().map(|(k, w)| (base as i64 + k, w)).collect();
    if exclude {
        out.retain(|(i, _)| (0..=last).contains(i));
        let total: f64 = out.iter().map(|(_, w)| w).sum();
        for (_, w) in &mut out {
            *w /= total;
        }
    }
    Ok(out.into_iter().map(|(i, w)| (i.clamp(0, last) as usize, w)).collect())
}

fn shape(s: &Site<'_>) -> Inferred {
    let upsample = s.node.op == "Upsample" || s.opset() < 11;
    let x = s.shape(0).map_err(|_| Gap::Unknown(vec![s.elem(0)]))?;
    let mut out = x.to_vec();
    let named = match s.ints("axes") {
        // In the order written: sizes and scales follow it.
        Some(a) => {
            axes(a, x.len())?;
            a.iter()
                .map(|&a| crate::shapes::axis(a, x.len()))
                .collect::<Result<Vec<_>, _>>()?
        }
        None => (0..x.len()).collect(),
    };
    if !upsample && s.has(3) {
        let sizes = s
            .whole(3)
            .map_or_else(|_| crate::shapes::unknown_shape(named.len()), <[Dim]>::to_vec);
        if sizes.len() != named.len() {
            return contradiction(format!("{} sizes for {} axes", sizes.len(), named.len()));
        }
        if s.str("keep_aspect_ratio_policy", "stretch") != "stretch" {
            return Ok(vec![Fact::ranked(s.elem(0), x.len())]);
        }
        for (&a, size) in named.iter().zip(sizes) {
            out[a] = size;
        }
        return Ok(vec![Fact::new(s.elem(0), out)]);
    }
    let at = if upsample { 1 } else { 2 };
    let scales = match s.floats("scales") {
        Some(v) => Some(v.iter().map(|&v| f64::from(v)).collect()),
        None => s.fact(at).ok().and_then(Fact::reals),
    };
    for (k, &a) in named.iter().enumerate() {
        out[a] = match scales.as_ref().and_then(|v| v.get(k)) {
            Some(&scale) => scaled(&x[a], scale),
            None => Dim::unknown_size(),
        };
    }
    Ok(vec![Fact::new(s.elem(0), out)])
}

/// `floor(d * scale)`, where the scale is a fraction that a float holds exactly.
fn scaled(d: &Dim, scale: f64) -> Dim {
    if let Some(d) = d.number() {
        return Dim::from((d as f64 * scale).floor() as i64);
    }
    let below = 1024.0;
    let above = scale * below;
    if above.fract() != 0.0 || !(0.0..1e9).contains(&above) {
        return Dim::unknown_size();
    }
    (d * above as i64).floor_div(&Dim::from(below as i64))
}
