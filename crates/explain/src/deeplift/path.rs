//! Any operator that can be differentiated: its derivative averaged along the straight line between the two passes
//! (Aumann and Shapley's shares), which sums to the difference of its outputs.

use std::sync::OnceLock;

use glassboard_model::ModelError;
use glassboard_model::propagation::Arriving;

use super::Site;
use crate::quadrature::Rule;

/// Points on the line.
const POINTS: usize = 32;

/// Gauss-Legendre points, moved towards both ends: a normalisation whose reference has no variance does all it does
/// within a thousandth of the line.
fn points() -> &'static [(f64, f64)] {
    static POINTS_ON_LINE: OnceLock<Vec<(f64, f64)>> = OnceLock::new();
    POINTS_ON_LINE.get_or_init(|| {
        let moved = |(t, w): (f64, f64)| {
            let at = t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
            let slope = 30.0 * t * t * (1.0 - t) * (1.0 - t);
            (at, w * slope)
        };
        Rule::GaussLegendre.points(POINTS).into_iter().map(moved).collect()
    })
}

/// The averaged derivative.
pub(super) fn integral(site: &Site<'_>) -> Result<Arriving, ModelError> {
    let ends: Vec<_> = (0..site.slots()).map(|slot| site.moved(slot)).collect();
    let mut sums: Vec<Option<ndarray::ArrayD<f64>>> = vec![None; ends.len()];
    for &(at, weight) in points() {
        let here: Vec<_> = ends
            .iter()
            .map(|ends| ends.as_ref().map(|[x, x0]| x0 + &((x - x0) * at as f32)))
            .collect();
        for (sum, back) in sums.iter_mut().zip(site.backward(&here, site.incoming)?) {
            let Some(back) = back else { continue };
            let weighed = back.mapv(|v| f64::from(v) * weight);
            match sum {
                Some(sum) => *sum += &weighed,
                None => *sum = Some(weighed),
            }
        }
    }
    Ok(sums
        .into_iter()
        .map(|sum| sum.map(|sum| sum.mapv(|v| v as f32)))
        .collect())
}
