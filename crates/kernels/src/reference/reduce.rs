//! [`crate::reduce`] in `f64`.

use super::{indices, source};
use crate::binary::Shaped;
use crate::reduce::{Reduce, kept_shape};

/// The elements of every group, and of every element its group.
fn gathered(x: Shaped<'_, f64>, axes: &[usize]) -> (Vec<Vec<f64>>, Vec<usize>) {
    let kept = kept_shape(x.shape, axes);
    let mut groups = vec![Vec::new(); kept.iter().product()];
    let places: Vec<usize> = indices(x.shape).map(|index| source(&index, &kept)).collect();
    for (v, &place) in x.data.iter().zip(&places) {
        groups[place].push(*v);
    }
    (groups, places)
}

fn extreme(v: &[f64], start: f64, better: impl Fn(f64, f64) -> bool) -> f64 {
    v.iter()
        .fold(start, |a, &b| if better(b, a) || b.is_nan() { b } else { a })
}

/// One group.
pub fn value(f: Reduce, v: &[f64]) -> f64 {
    let sum = |f: fn(f64) -> f64| v.iter().map(|&v| f(v)).sum::<f64>();
    match f {
        Reduce::Sum => sum(|v| v),
        Reduce::Mean => sum(|v| v) / v.len() as f64,
        Reduce::Max => extreme(v, f64::NEG_INFINITY, |b, a| b > a),
        Reduce::Min => extreme(v, f64::INFINITY, |b, a| b < a),
        Reduce::Prod => v.iter().product(),
        Reduce::L1 => sum(f64::abs),
        Reduce::L2 => sum(|v| v * v).sqrt(),
        Reduce::SumSquare => sum(|v| v * v),
        Reduce::LogSum => sum(|v| v).ln(),
        Reduce::LogSumExp => {
            let top = extreme(v, f64::NEG_INFINITY, |b, a| b > a);
            let top = if top.is_infinite() { 0.0 } else { top };
            v.iter().map(|v| (v - top).exp()).sum::<f64>().ln() + top
        }
    }
}

/// [`crate::reduce::forward`].
pub fn forward(f: Reduce, x: Shaped<'_, f64>, axes: &[usize]) -> Vec<f64> {
    gathered(x, axes).0.iter().map(|group| value(f, group)).collect()
}

/// [`crate::reduce::backward`].
#[expect(clippy::float_cmp, reason = "equal numbers share the gradient, and only they")]
pub fn backward(f: Reduce, x: Shaped<'_, f64>, axes: &[usize], gradient: &[f64]) -> Vec<f64> {
    let (groups, places) = gathered(x, axes);
    let y: Vec<f64> = groups.iter().map(|group| value(f, group)).collect();
    let mut seen = vec![0; groups.len()];
    let equal = |(group, y): (&Vec<f64>, &f64)| group.iter().filter(|v| *v == y).count() as f64;
    let ties: Vec<f64> = groups.iter().zip(&y).map(equal).collect();
    let slope = |v: f64, place: usize, own: usize| match f {
        Reduce::Sum => 1.0,
        Reduce::Mean => 1.0 / groups[place].len() as f64,
        Reduce::Max | Reduce::Min => {
            if v == y[place] {
                1.0 / ties[place]
            } else {
                0.0
            }
        }
        Reduce::Prod => {
            let others = groups[place].iter().enumerate().filter(|(k, _)| *k != own);
            others.map(|(_, v)| v).product()
        }
        Reduce::L1 if v == 0.0 => 0.0,
        Reduce::L1 => v.signum(),
        Reduce::L2 if y[place] == 0.0 => 0.0,
        Reduce::L2 => v / y[place],
        Reduce::SumSquare => 2.0 * v,
        Reduce::LogSum => (-y[place]).exp(),
        Reduce::LogSumExp => (v - y[place]).exp(),
    };
    let each = x.data.iter().zip(&places).map(|(&v, &place)| {
        seen[place] += 1;
        gradient[place] * slope(v, place, seen[place] - 1)
    });
    each.collect()
}
