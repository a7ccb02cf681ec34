//! Integrated gradients of one neuron.

use glassboard_model::Array;

use super::integrated_gradients::integrated_gradients;
use super::neuron_gradient::of_neuron;
use crate::quadrature::Rule;
use crate::{Ask, ExplainError, Runner};

/// Shares of the neuron's value less its value at `baseline`, one row; shape of `ask.x`.
pub fn neuron_integrated_gradients(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    (layer, neuron): (&str, usize),
    baseline: &[f32],
    rule: Rule,
    steps: usize,
) -> Result<Array, ExplainError> {
    let targets = vec![neuron; ask.rows()];
    integrated_gradients(run, &of_neuron(ask, layer, &targets)?, baseline, rule, steps)
}
