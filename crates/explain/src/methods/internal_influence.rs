//! The gradient at a layer averaged along the path from a baseline (Leino et al. 2018).

use glassboard_model::Array;

use super::integrated_gradients::along;
use super::{array, to_f32};
use crate::quadrature::Rule;
use crate::{Ask, ExplainError, Runner};

/// sum of `w_k` * (d f / d A)(b + `a_k` (x - b)), `[rows, ...]` with the layer's shape.
pub fn internal_influence(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    layer: &str,
    baseline: &[f32],
    steps: usize,
) -> Result<Array, ExplainError> {
    let points = Rule::GaussLegendre.points(steps);
    let (mut out, mut sums, mut shape) = (Vec::new(), Vec::new(), Vec::new());
    run.layer_gradient(
        ask,
        layer,
        ask.rows() * steps,
        |i| ask.targets[i / steps],
        |i, row| along(row, ask.row(i / steps), baseline, points[i % steps].0),
        |i, of, _, g| {
            if i % steps == 0 {
                of.clone_into(&mut shape);
                sums = vec![0.0f64; g.len()];
            }
            for (sum, g) in sums.iter_mut().zip(g) {
                *sum += points[i % steps].1 * f64::from(*g);
            }
            if i % steps + 1 == steps {
                out.extend(to_f32(&sums, 1.0));
            }
        },
    )?;
    array(ask.rows(), &shape, out)
}
