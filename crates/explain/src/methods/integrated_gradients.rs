//! The gradient along the straight path from a baseline (Sundararajan et al. 2017).

use glassboard_model::Array;

use super::{array, to_f32};
use crate::quadrature::Rule;
use crate::{Ask, ExplainError, Runner};

/// (x - b) * sum of `w_k` * gradient at b + `a_k` (x - b); `baseline` is one row. Shape of `ask.x`.
pub fn integrated_gradients(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    baseline: &[f32],
    rule: Rule,
    steps: usize,
) -> Result<Array, ExplainError> {
    let points = rule.points(steps);
    let mut sums = vec![0.0f64; ask.x.len()];
    let size = baseline.len();
    run.gradient(
        ask,
        ask.rows() * steps,
        |i| ask.targets[i / steps],
        |i, row| along(row, ask.row(i / steps), baseline, points[i % steps].0),
        |i, _, gradient| {
            let weight = points[i % steps].1;
            for (sum, g) in sums[i / steps * size..][..size].iter_mut().zip(gradient) {
                *sum += weight * f64::from(*g);
            }
        },
    )?;
    for (i, row) in sums.chunks_exact_mut(size).enumerate() {
        for ((sum, x), b) in row.iter_mut().zip(ask.row(i)).zip(baseline) {
            *sum *= f64::from(x - b);
        }
    }
    array(ask.rows(), ask.row_shape(), to_f32(&sums, 1.0))
}

/// Writes the point at share `alpha` of the way from `baseline` to `x`.
pub(crate) fn along(row: &mut [f32], x: &[f32], baseline: &[f32], alpha: f64) {
    let alpha = alpha as f32;
    for ((out, x), b) in row.iter_mut().zip(x).zip(baseline) {
        *out = b + alpha * (x - b);
    }
}
