//! Maxima and minima. Between the two results lies what the winner of one pass and the winner of the other account for:
//! with c the larger result, the winner in the pass of the input moves it by c - y0, the winner in the pass of the
//! reference by y - c. Summed over windows, overlapping or not, and divided by how far each input itself moved, which is
//! at least as far. (shap's rule for max pooling, on the derivative of the node instead of an unpooling.)

use glassboard_model::ModelError;
use glassboard_model::propagation::Arriving;
use ndarray::Zip;

use super::Site;

/// Operators whose every output is one of the inputs.
pub(super) const OPS: [&str; 6] = ["GlobalMaxPool", "Max", "MaxPool", "Min", "ReduceMax", "ReduceMin"];

/// Inputs nearer to each other than this get nothing, as in shap.
const NEAR: f32 = 1e-7;

/// Winners of both passes.
pub(super) fn extremes(site: &Site<'_>) -> Result<Option<Arriving>, ModelError> {
    let (Some([y, y0]), Some(arrived)) = (site.output(), site.arrived()) else {
        return Ok(None);
    };
    let least = ["Min", "ReduceMin"].contains(&site.recording.outline().nodes[site.node].op.as_str());
    let (mut here, mut there) = (arrived.clone(), arrived.clone());
    let outer = |y: f32, y0: f32| if least { y.min(y0) } else { y.max(y0) };
    Zip::from(&mut here)
        .and(&y)
        .and(&y0)
        .for_each(|m, &y, &y0| *m *= outer(y, y0) - y0);
    Zip::from(&mut there)
        .and(&y)
        .and(&y0)
        .for_each(|m, &y, &y0| *m *= y - outer(y, y0));
    let references: Vec<_> = (0..site.slots())
        .map(|slot| site.moved(slot).map(|[_, reference]| reference))
        .collect();
    let here = site.backward(&[], &[Some(here)])?;
    let there = site.backward(&references, &[Some(there)])?;
    let pairs = here.into_iter().zip(there).enumerate();
    let all = pairs.map(|(slot, (here, there))| {
        let (mut sum, [x, x0]) = (here?, site.moved(slot)?);
        sum += &there?;
        Zip::from(&mut sum).and(&x).and(&x0).for_each(|sum, x, x0| {
            let dx = x - x0;
            *sum = if dx.abs() < NEAR { 0.0 } else { *sum / dx };
        });
        Some(sum)
    });
    Ok(Some(all.collect()))
}
