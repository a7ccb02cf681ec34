//! Softmax and its logarithm. `y = exp(z)` with `z = x - L` goes by the rescale rule, `f = dy / dz` for every element; as
//! the y of a group sum to one in both passes, the difference of L is the mean of the differences of x weighed by f. So
//! what arrives is `f (g - sum(g f) / sum(f))`: the derivative of softmax with f in the place of y.

use glassboard_model::Array;
use glassboard_model::propagation::Arriving;
use ndarray::{Axis, IxDyn};

use super::Site;

/// Logits nearer to each other than this get the derivative.
const NEAR: f64 = 1e-6;

/// The multipliers of the input.
pub(super) fn softmax(site: &Site<'_>, logarithm: bool) -> Option<Arriving> {
    let ([x, x0], arrived) = (site.moved(0)?, site.arrived()?);
    let node = &site.recording.outline().nodes[site.node];
    let axis = site.recording.int(site.node, "axis");
    // Before operator set 13 all axes from this one on are a group.
    let axis = axis.unwrap_or(if node.opset < 13 { 1 } else { -1 });
    let axis = usize::try_from(if axis < 0 { axis + x.ndim() as i64 } else { axis }).ok()?;
    let shape = x.shape().to_vec();
    let [x, x0, g] = if node.opset < 13 {
        let outer: usize = shape.get(..axis)?.iter().product();
        let flat = [outer, x.len() / outer.max(1)];
        [&x, &x0, arrived].map(|a| Array::from_shape_vec(IxDyn(&flat), a.iter().copied().collect()).ok())
    } else {
        [Some(x), Some(x0), Some(arrived.clone())]
    };
    let (x, x0, mut g) = (x?, x0?, g?);
    let along = Axis(if node.opset < 13 { 1 } else { axis });
    if along.index() >= g.ndim() {
        return None;
    }
    let lanes = g.lanes_mut(along).into_iter().zip(x.lanes(along)).zip(x0.lanes(along));
    for ((mut g, x), x0) in lanes {
        let (z, z0) = (shifted(x.iter().copied()), shifted(x0.iter().copied()));
        let f: Vec<f64> = z.iter().zip(&z0).map(|(z, z0)| rise(*z, *z0)).collect();
        let total: f64 = f.iter().sum();
        if total <= 0.0 || !total.is_finite() {
            g.fill(0.0);
            continue;
        }
        let sum: f64 = g.iter().map(|g| f64::from(*g)).sum();
        let mean = g.iter().zip(&f).map(|(g, f)| f64::from(*g) * f).sum::<f64>() / total;
        for (g, f) in g.iter_mut().zip(&f) {
            let old = f64::from(*g);
            *g = if logarithm {
                old - f * sum / total
            } else {
                f * (old - mean)
            } as f32;
        }
    }
    let back = g
        .as_standard_layout()
        .into_owned()
        .into_shape_with_order(IxDyn(&shape))
        .ok()?;
    Some(vec![Some(back)])
}

/// `x - log(sum(exp(x)))`.
fn shifted(x: impl Iterator<Item = f32>) -> Vec<f64> {
    let x: Vec<f64> = x.map(f64::from).collect();
    let highest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total = x.iter().map(|v| (v - highest).exp()).sum::<f64>().ln() + highest;
    x.into_iter().map(|v| v - total).collect()
}

/// The rise of the exponential between two points; what is masked in a pass has none.
fn rise(z: f64, z0: f64) -> f64 {
    if !z.is_finite() || !z0.is_finite() {
        0.0
    } else if (z - z0).abs() < NEAR {
        z.exp()
    } else {
        (z.exp() - z0.exp()) / (z - z0)
    }
}
