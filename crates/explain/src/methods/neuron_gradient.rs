//! What moves one neuron.

use glassboard_model::{Array, OutputSpace};

use super::gradient::gradient;
use crate::{Ask, ExplainError, Readout, Runner};

/// d `A_neuron` / d x, shape of `ask.x`; the neuron is an index into the layer's value for one row, flattened.
pub fn neuron_gradient(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str, neuron: usize) -> Result<Array, ExplainError> {
    let targets = vec![neuron; ask.rows()];
    gradient(run, &of_neuron(ask, layer, &targets)?)
}

/// The same rows, with the neuron in the place of the output.
pub(crate) fn of_neuron<'a>(ask: &Ask<'a>, layer: &str, targets: &'a [usize]) -> Result<Ask<'a>, ExplainError> {
    let readout = Readout {
        output: Some(layer.to_owned()),
        space: OutputSpace::Raw,
    };
    Ask::new(ask.x, readout, targets)
}
