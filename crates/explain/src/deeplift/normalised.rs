//! Normalisations of groups of elements by their own deviation: layer, instance, group and root-mean-square norms.
//!
//! With centred values c and deviations s of both passes, `c / s` is a product whose difference splits exactly for any
//! weighing of the two sides. Weighed by the deviations it becomes the derivative of the norm at mean values,
//! `(g - mean(g y) c / s) / s` with y, c and s averaged over the passes, and stays bounded where a pass has no deviation at
//! all, as a baseline of zeros has none.

use glassboard_model::Array;
use glassboard_model::propagation::Arriving;
use ndarray::ArrayD;

use super::Site;

/// How a node normalises.
struct Norm {
    /// Elements of a group, which lie together.
    width: usize,
    centred: bool,
    /// Added to the variance.
    epsilon: f64,
    /// The scale of every element.
    gain: Vec<f32>,
}

/// Operators that are normalisations.
pub(super) const OPS: [&str; 5] = [
    "GroupNormalization",
    "InstanceNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "SimplifiedLayerNormalization",
];

/// `None` where more than the first input moves, or more than the first output is read.
pub(super) fn normalised(site: &Site<'_>) -> Option<Arriving> {
    let moving = (1..site.slots()).any(|slot| site.moved(slot).is_some());
    if moving || site.incoming[1..].iter().any(Option::is_some) {
        return None;
    }
    let ([x, x0], arrived) = (site.moved(0)?, site.arrived()?);
    let norm = norm(site, &x)?;
    let flat = |array: &Array| array.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
    let (x, x0, shape) = (flat(&x), flat(&x0), x.raw_dim());
    let g: Vec<f64> = arrived
        .iter()
        .zip(&norm.gain)
        .map(|(g, gain)| f64::from(*g) * f64::from(*gain))
        .collect();
    let groups = x
        .chunks(norm.width)
        .zip(x0.chunks(norm.width))
        .zip(g.chunks(norm.width));
    let back: Vec<f32> = groups.flat_map(|((x, x0), g)| group(&norm, x, x0, g)).collect();
    let mut all = vec![None; site.slots()];
    all[0] = ArrayD::from_shape_vec(shape, back).ok();
    Some(all)
}

/// Centred values and deviation.
fn spread(norm: &Norm, x: &[f64]) -> (Vec<f64>, f64) {
    let count = x.len() as f64;
    let mean = if norm.centred {
        x.iter().sum::<f64>() / count
    } else {
        0.0
    };
    let centred: Vec<f64> = x.iter().map(|v| v - mean).collect();
    let variance = centred.iter().map(|c| c * c).sum::<f64>() / count;
    (centred, (variance + norm.epsilon).sqrt())
}

fn group(norm: &Norm, x: &[f64], x0: &[f64], g: &[f64]) -> Vec<f32> {
    let count = x.len() as f64;
    let ((c, s), (c0, s0)) = (spread(norm, x), spread(norm, x0));
    let s_mean = f64::midpoint(s, s0);
    let pairs = c.iter().zip(&c0).zip(g);
    // Two passes without any deviation divide by nothing, as the node does.
    let turn = pairs.map(|((c, c0), g)| g * f64::midpoint(c / s, c0 / s0)).sum::<f64>() / count;
    let mut back: Vec<f64> = c
        .iter()
        .zip(&c0)
        .zip(g)
        .map(|((c, c0), g)| (g - turn * f64::midpoint(*c, *c0) / s_mean) / s_mean)
        .collect();
    if norm.centred {
        let mean = back.iter().sum::<f64>() / count;
        for v in &mut back {
            *v -= mean;
        }
    }
    back.into_iter().map(|v| v as f32).collect()
}

fn norm(site: &Site<'_>, x: &Array) -> Option<Norm> {
    let recording = site.recording;
    let int = |name: &str| recording.int(site.node, name);
    let op = recording.outline().nodes[site.node].op.as_str();
    let [scale, _] = site.both(1)?;
    let scale: Vec<f32> = scale.iter().copied().collect();
    let shape = x.shape();
    let (width, gain): (usize, Vec<f32>) = match op {
        "InstanceNormalization" | "GroupNormalization" => {
            let inner: usize = shape.get(2..)?.iter().product();
            let channels = *shape.get(1)?;
            let groups = if op == "GroupNormalization" {
                usize::try_from(int("num_groups")?).ok()?
            } else {
                channels
            };
            let per = channels.checked_div(groups)?;
            // Before operator set 21 a group norm has one scale a group.
            let each = if scale.len() == channels { 1 } else { per };
            let gain = (0..x.len()).map(|i| scale.get(i / inner % channels / each).copied());
            (per * inner, gain.collect::<Option<_>>()?)
        }
        _ => {
            let axis = int("axis").unwrap_or(-1);
            let from = usize::try_from(if axis < 0 { axis + shape.len() as i64 } else { axis }).ok()?;
            let width: usize = shape.get(from..)?.iter().product();
            if scale.len() != width {
                return None;
            }
            (width, scale.iter().copied().cycle().take(x.len()).collect())
        }
    };
    Some(Norm {
        width: (width > 0).then_some(width)?,
        centred: !["RMSNormalization", "SimplifiedLayerNormalization"].contains(&op),
        epsilon: f64::from(recording.float(site.node, "epsilon").unwrap_or(1e-5)),
        gain,
    })
}
