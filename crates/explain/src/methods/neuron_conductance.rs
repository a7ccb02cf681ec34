//! How much of each input element's effect flows through one neuron (Dhamdhere et al. 2018).

use glassboard_model::Array;

use super::integrated_gradients::along;
use super::neuron_gradient::of_neuron;
use super::{array, to_f32};
use crate::quadrature::Rule;
use crate::{Ask, ExplainError, Runner};

/// (x - b) * sum of `w_k` * (d f / d `A_neuron`)(`x_k`) * (d `A_neuron` / d x)(`x_k`), `x_k` along the path from
/// `baseline`. Shape of `ask.x`.
pub fn neuron_conductance(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    (layer, neuron): (&str, usize),
    baseline: &[f32],
    rule: Rule,
    steps: usize,
) -> Result<Array, ExplainError> {
    let points = rule.points(steps);
    let count = ask.rows() * steps;
    let at = |i: usize, row: &mut [f32]| along(row, ask.row(i / steps), baseline, points[i % steps].0);
    let mut flow: Vec<f64> = Vec::with_capacity(count);
    let mut wide = usize::MAX;
    run.layer_gradient(
        ask,
        layer,
        count,
        |i| ask.targets[i / steps],
        at,
        |_, _, _, g| {
            wide = g.len();
            flow.push(g.get(neuron).copied().map_or(0.0, f64::from));
        },
    )?;
    if neuron >= wide {
        return Err(ExplainError::parameters(format!(
            "`{layer}` has {wide} neurons a row, numbered from 0; there is no neuron {neuron}"
        )));
    }
    let targets = vec![neuron; ask.rows()];
    let of_neuron = of_neuron(ask, layer, &targets)?;
    let size = baseline.len();
    let mut sums = vec![0.0f64; ask.x.len()];
    run.gradient(
        &of_neuron,
        count,
        |_| neuron,
        at,
        |i, _, gradient| {
            let weight = points[i % steps].1 * flow[i];
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
