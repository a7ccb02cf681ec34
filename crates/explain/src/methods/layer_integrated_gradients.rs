//! Integrated gradients along a path between two values of a layer (Sundararajan et al. 2017): how models that read
//! tokens are integrated, whose input has no values in between.

use glassboard_model::Array;

use super::integrated_gradients::along;
use super::{array, to_f32};
use crate::inner::Inside;
use crate::quadrature::Rule;
use crate::{Ask, ExplainError, Runner};

/// (A - B) * sum of `w_k` * (d f / d layer at B + `a_k` (A - B)), with A the layer's value for the input and B its value
/// for `baseline`, one row. Only the layer's value moves: what depends on the input by another way (the mask of a
/// sentence) stays that of the input. `[rows, ...]` with the layer's shape.
pub fn layer_integrated_gradients(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    layer: &str,
    baseline: &[f32],
    rule: Rule,
    steps: usize,
) -> Result<Array, ExplainError> {
    let points = rule.points(steps);
    let there = run.capture(ask.x, layer)?.as_standard_layout().into_owned();
    let bare = array(1, ask.row_shape(), baseline.to_vec())?;
    let bare = run.capture(&bare, layer)?.as_standard_layout().into_owned();
    let shape = there.shape()[1..].to_vec();
    if bare.shape()[1..] != shape {
        return Err(ExplainError::parameters(format!(
            "`{layer}` has shape {shape:?} for the input and {:?} for the baseline; give a baseline of the input's length",
            &bare.shape()[1..]
        )));
    }
    let size: usize = shape.iter().product();
    let (a, b) = (
        there.as_slice().unwrap_or_default(),
        bare.as_slice().unwrap_or_default(),
    );
    let mut sums = vec![0.0f64; a.len()];
    let inside = Inside {
        layer,
        shape: &shape,
        count: ask.rows() * steps,
        row: &|i| i / steps,
    };
    run.gradient_from(
        ask,
        &inside,
        |i, values| along(values, &a[i / steps * size..][..size], b, points[i % steps].0),
        |i, _, gradient| {
            let weight = points[i % steps].1;
            for (sum, g) in sums[i / steps * size..][..size].iter_mut().zip(gradient) {
                *sum += weight * f64::from(*g);
            }
        },
    )?;
    for (sums, a) in sums.chunks_exact_mut(size.max(1)).zip(a.chunks_exact(size.max(1))) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum *= f64::from(a - b);
        }
    }
    array(ask.rows(), &shape, to_f32(&sums, 1.0))
}
