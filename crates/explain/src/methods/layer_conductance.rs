//! How much of the change from baseline to input flows through each unit of a layer (Dhamdhere et al. 2018).

use glassboard_model::Array;

use super::integrated_gradients::along;
use super::{array, to_f32};
use crate::quadrature::Rule;
use crate::{Ask, ExplainError, Runner};

/// With the nodes `a_0..a_n` of the Gauss-Legendre rule of n + 1 points: the sum of
/// (d f / d `A)(x_k`) * (A(x_{k+1}) - `A(x_k)`), without weights, as captum has it. `[rows, ...]` with the
/// layer's shape.
pub fn layer_conductance(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    layer: &str,
    baseline: &[f32],
    steps: usize,
) -> Result<Array, ExplainError> {
    let points = Rule::GaussLegendre.points(steps + 1);
    let count = points.len();
    let (mut out, mut sums, mut shape) = (Vec::new(), Vec::new(), Vec::new());
    let mut before: Option<(Vec<f32>, Vec<f32>)> = None;
    run.layer_gradient(
        ask,
        layer,
        ask.rows() * count,
        |i| ask.targets[i / count],
        |i, row| along(row, ask.row(i / count), baseline, points[i % count].0),
        |i, of, a, g| {
            if i % count == 0 {
                of.clone_into(&mut shape);
                sums = vec![0.0f64; g.len()];
                before = None;
            }
            if let Some((last_a, last_g)) = &before {
                for (((sum, a), last_a), last_g) in sums.iter_mut().zip(a).zip(last_a).zip(last_g) {
                    *sum += f64::from(*last_g) * f64::from(a - last_a);
                }
            }
            before = Some((a.to_vec(), g.to_vec()));
            if i % count + 1 == count {
                out.extend(to_f32(&sums, 1.0));
            }
        },
    )?;
    array(ask.rows(), &shape, out)
}
