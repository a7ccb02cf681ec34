//! Resizing: nearest by picking rows, linear and cubic as a product with a small matrix per axis.

use super::{Call, Entry, Grad, Out};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, axes, contradiction};
use crate::value::{Host, Value};
use burn_backend::TensorData;

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("resize", "Resize", Grad::Yes, resize).shape(shape),
        Entry::new("resize", "Upsample", Grad::Yes, resize).shape(shape),
    ]
}

/// What happens along one axis.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Elements before and after.
    from: usize,
    to: usize,
    /// Elements after per element before; `to` may be less than `from * scale` by rounding.
    scale: f64,
    /// The part of the input that is resized, in `0..=1` of its extent.
    roi: (f64, f64),
}

impl Axis {
    fn still(&self) -> bool {
        self.from == self.to && (self.scale - 1.0).abs() < 1e-12
    }

    /// Where in the input output `o` lies; `None` where it is outside and gets a fixed value.
    fn source(&self, mode: &str, o: usize) -> Result<Option<f64>, OpError> {
        let (n, m, o) = (self.from as f64, self.to as f64, o as f64);
        // The extent before rounding, which is what the specification's examples divide by.
        let extent = self.scale * n;
        let half = (o + 0.5) / self.scale - 0.5;
        Ok(Some(match mode {
            "half_pixel" => half,
            "pytorch_half_pixel" if self.to > 1 => half,
            "half_pixel_symmetric" => n / 2.0 * (1.0 - m / extent) + half,
            "align_corners" if (extent - 1.0).abs() > 1e-9 => o * (n - 1.0) / (extent - 1.0),
            "pytorch_half_pixel" | "align_corners" => 0.0,
            "asymmetric" => o / self.scale,
            "tf_crop_and_resize" => {
                let (start, end) = self.roi;
                let x = if self.to > 1 {
                    start * (n - 1.0) + o * (end - start) * (n - 1.0) / (m - 1.0)
                } else {
                    0.5 * (start + end) * (n - 1.0)
                };
                return Ok((0.0..=n - 1.0).contains(&x).then_some(x));
            }
            other => return Err(OpError::bad(format!("coordinate mode `{other}` is unknown"))),
        }))
    }
}

/// The attributes.
struct Modes {
    kind: String,
    coordinates: String,
    rounding: String,
    cubic: f64,
    exclude: bool,
    antialias: bool,
}

fn resize<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let old = c.node.op == "Upsample" || c.opset() < 11;
    let text = |name: &str, old_form: &str, default: &str| {
        if old { old_form.to_owned() } else { c.str(name, default) }
    };
    let modes = Modes {
        kind: c.str("mode", "nearest"),
        coordinates: text("coordinate_transformation_mode", "asymmetric", "half_pixel"),
        rounding: text("nearest_mode", "floor", "round_prefer_floor"),
        cubic: f64::from(c.f("cubic_coeff_a", -0.75)),
        exclude: c.int("exclude_outside", 0) != 0,
        antialias: c.int("antialias", 0) != 0,
    };
    let fill = f64::from(c.f("extrapolation_value", 0.0));
    let shape = c.shape(0)?;
    let plan = plan(c, &shape, &modes, old)?;
    let target: Vec<usize> = plan.iter().map(|a| a.to).collect();
    c.reserve(&target)?;
    let x = match c.value(0)? {
        Value::Host(h) if modes.kind != "nearest" => {
            // Interpolated in 64 bits and cut off, as a cast does.
            let elem = h.elem;
            let doubles = Float::from_doubles(h.data.iter().map(|&v| v as f64).collect(), h.shape, c.device);
            let y = interpolate(c, Value::Float(doubles), &plan, &modes, fill)?.float()?;
            let shape = y.shape().to_vec();
            let data = y.into_doubles()?.iter().map(|&v| elem.wrap(v as i64)).collect();
            return super::one_host(Host::new(shape, elem, data));
        }
        other => other,
    };
    Ok(vec![interpolate(c, x, &plan, &modes, fill)?])
}

/// Every axis, from scales or sizes.
fn plan<B: Engine>(c: &mut Call<'_, B>, shape: &[usize], modes: &Modes, old: bool) -> Result<Vec<Axis>, OpError> {
    let rank = shape.len();
    let named: Vec<usize> = match c.ints("axes") {
        Some(a) => a.iter().map(|&a| super::axis(a, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let scales = match c.opt_float(if old { 1 } else { 2 })? {
        Some(s) => Some(s.into_doubles()?).filter(|v| !v.is_empty()),
        None => match c.node.attrs.get("scales") {
            Some(Attr::Floats(v)) => Some(v.iter().map(|&v| f64::from(v)).collect()),
            _ => None,
        },
    };
    let sizes = if old {
        None
    } else {
        c.opt_host(3)?.filter(|h| !h.data.is_empty())
    };
    let crop = modes.coordinates == "tf_crop_and_resize";
    let roi = if crop {
        c.opt_float(1)?.map(Float::into_doubles).transpose()?
    } else {
        None
    };
    let missing = || OpError::bad("roi, scales or sizes does not name every axis");
    let mut plan: Vec<Axis> = shape
        .iter()
        .map(|&d| Axis {
            from: d,
            to: d,
            scale: 1.0,
            roi: (0.0, 1.0),
        })
        .collect();
    for (k, &a) in named.iter().enumerate() {
        if let Some(r) = roi.as_ref().filter(|r| !r.is_empty()) {
            plan[a].roi = (
                *r.get(k).ok_or_else(missing)?,
                *r.get(k + named.len()).ok_or_else(missing)?,
            );
        }
        let from = shape[a] as f64;
        if let Some(h) = &sizes {
            let to = *h.data.get(k).ok_or_else(missing)?;
            plan[a].to = usize::try_from(to).map_err(|_| OpError::bad("a size is negative"))?;
            plan[a].scale = plan[a].to as f64 / from.max(1.0);
        } else if let Some(s) = &scales {
            plan[a].scale = *s.get(k).ok_or_else(missing)?;
            if !(plan[a].scale > 0.0 && plan[a].scale < 1e6) {
                return Err(OpError::bad(format!(
                    "the scale {} is no positive number",
                    plan[a].scale
                )));
            }
            let part = (plan[a].roi.1 - plan[a].roi.0).abs().min(1e6);
            plan[a].to = (from * if crop { part } else { 1.0 } * plan[a].scale).floor() as usize;
        } else {
            return Err(OpError::bad("neither scales nor sizes are given"));
        }
    }
    let policy = c.str("keep_aspect_ratio_policy", "stretch");
    if sizes.is_some() && policy != "stretch" {
        let scales = named.iter().map(|&a| plan[a].scale);
        let scale = match policy.as_str() {
            "not_larger" => scales.fold(f64::INFINITY, f64::min),
            "not_smaller" => scales.fold(0.0, f64::max),
            other => return Err(OpError::bad(format!("keep_aspect_ratio_policy `{other}` is unknown"))),
        };
        for &a in &named {
            plan[a].scale = scale;
            plan[a].to = (scale * plan[a].from as f64 + 0.5).floor() as usize;
        }
    }
    match plan.iter().find(|a| (a.from == 0) != (a.to == 0)) {
        Some(_) => Err(OpError::bad("an axis has no elements")),
        None => Ok(plan),
    }
}

fn interpolate<B: Engine>(
    c: &Call<'_, B>,
    mut x: Value<B>,
    plan: &[Axis],
    modes: &Modes,
    fill: f64,
) -> Result<Value<B>, OpError> {
    let rank = plan.len();
    let crop = modes.coordinates == "tf_crop_and_resize";
    let mut outside: Vec<Vec<bool>> = Vec::with_capacity(rank);
    for (a, axis) in plan.iter().enumerate() {
        let (n, m) = (axis.from, axis.to);
        if (axis.still() && !crop) || n == 0 {
            outside.push(vec![false; m]);
            continue;
        }
        let places = (0..m)
            .map(|o| axis.source(&modes.coordinates, o))
            .collect::<Result<Vec<_>, _>>()?;
        outside.push(places.iter().map(Option::is_none).collect());
        let places = places.into_iter().map(|p| p.unwrap_or(0.0));
        if modes.kind == "nearest" {
            let rows: Vec<i64> = places
                .map(|p| Ok(nearest(&modes.rounding, p)?.clamp(0, n as i64 - 1)))
                .collect::<Result<_, OpError>>()?;
            x = super::gather::take_rows(c, x, a, &rows)?;
            continue;
        }
        c.reserve(&[n, m, 2])?;
        let mut weights = vec![0.0; n * m];
        for (o, p) in places.enumerate() {
            for (i, w) in taps(modes, p, n, axis.scale)? {
                weights[i * m + o] += w;
            }
        }
        let f = x.float()?;
        let matrix = Float::of(weights, vec![n, m], f.elem, c.device);
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(a, rank - 1);
        x = Value::Float(lift(f.permute(&order), matrix)?.permute(&order));
    }
    if !outside.iter().flatten().any(|&o| o) {
        return Ok(x);
    }
    let shape: Vec<usize> = plan.iter().map(|a| a.to).collect();
    let x = x.float()?;
    let elem = x.elem;
    let mask: Vec<bool> = (0..x.numel())
        .map(|mut i| {
            shape.iter().enumerate().rev().any(|(a, &d)| {
                let at = i % d;
                i /= d;
                outside[a][at]
            })
        })
        .collect();
    let mask = B::bool_from_data(TensorData::new(mask, shape.clone()), c.device);
    Ok(Value::Float(
        Float::full(fill as f32, shape, elem, c.device).select_where(mask, x),
    ))
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

fn nearest(mode: &str, x: f64) -> Result<i64, OpError> {
    Ok((match mode {
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "round_prefer_ceil" => (x + 0.5).floor(),
        "round_prefer_floor" => (x - 0.5).ceil(),
        other => return Err(OpError::bad(format!("nearest_mode `{other}` is unknown"))),
    }) as i64)
}

/// Positions and weights that make one output at `x` of `n` inputs. With `antialias` the filter of a
/// reduction is stretched to the inputs that one output covers.
fn taps(modes: &Modes, x: f64, n: usize, scale: f64) -> Result<Vec<(usize, f64)>, OpError> {
    let a = modes.cubic;
    let stretch = if modes.antialias { scale.min(1.0) } else { 1.0 };
    let (reach, filter): (f64, Box<dyn Fn(f64) -> f64>) = match modes.kind.as_str() {
        "linear" | "bilinear" | "trilinear" => (1.0, Box::new(|s| (1.0 - s).max(0.0))),
        // Keys, "Cubic convolution interpolation for digital image processing", 1981, equation 4.
        "cubic" | "bicubic" => (
            2.0,
            Box::new(move |s| {
                if s <= 1.0 {
                    ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0
                } else if s < 2.0 {
                    ((a * s - 5.0 * a) * s + 8.0 * a) * s - 4.0 * a
                } else {
                    0.0
                }
            }),
        ),
        other => return Err(OpError::bad(format!("mode `{other}` is unknown"))),
    };
    let base = x.ceil() as i64 - 1;
    let first = (-reach / stretch).floor() as i64 + 1;
    let last = n as i64 - 1;
    let mut out: Vec<(i64, f64)> = (first..=1 - first)
        .map(|k| base.saturating_add(k))
        .map(|i| (i, filter(((i as f64 - x) * stretch).abs())))
        .collect();
    if modes.exclude {
        out.retain(|(i, _)| (0..=last).contains(i));
    }
    if modes.exclude || modes.antialias {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(kind: &str, antialias: bool) -> Modes {
        Modes {
            kind: kind.into(),
            coordinates: "half_pixel".into(),
            rounding: "floor".into(),
            cubic: -0.75,
            exclude: false,
            antialias,
        }
    }

    #[test]
    fn weights_of_one_output_add_up_to_one() {
        for kind in ["linear", "cubic"] {
            for antialias in [false, true] {
                for scale in [0.3, 0.5, 1.0, 2.5] {
                    for x in [0.0, 0.25, 3.0, 4.5] {
                        let sum: f64 = taps(&modes(kind, antialias), x, 9, scale)
                            .unwrap_or_default()
                            .iter()
                            .map(|(_, w)| w)
                            .sum();
                        assert!((sum - 1.0).abs() < 1e-12, "{kind} {antialias} {scale} {x}: {sum}");
                    }
                }
            }
        }
    }

    #[test]
    fn halves_round_as_named() {
        for (mode, expected) in [
            ("floor", 1),
            ("ceil", 2),
            ("round_prefer_floor", 1),
            ("round_prefer_ceil", 2),
        ] {
            assert_eq!(nearest(mode, 1.5).unwrap_or(-1), expected, "{mode}");
        }
    }
}
