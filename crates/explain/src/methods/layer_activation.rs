//! The values of a layer.

use glassboard_model::Array;

use crate::{Ask, ExplainError, Runner};

/// `[rows, ...]` with the layer's shape.
pub fn layer_activation(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str) -> Result<Array, ExplainError> {
    run.capture(ask.x, layer)
}
