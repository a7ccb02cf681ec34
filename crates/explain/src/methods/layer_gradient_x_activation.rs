//! Activation times gradient at a layer.

use glassboard_model::Array;

use super::array;
use crate::{Ask, ExplainError, Runner};

/// `[rows, ...]` with the layer's shape.
pub fn layer_gradient_x_activation(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str) -> Result<Array, ExplainError> {
    let (mut out, mut shape) = (Vec::new(), Vec::new());
    run.layer_gradient(
        ask,
        layer,
        ask.rows(),
        |i| ask.targets[i],
        |i, row| row.copy_from_slice(ask.row(i)),
        |_, of, a, g| {
            of.clone_into(&mut shape);
            out.extend(a.iter().zip(g).map(|(a, g)| a * g));
        },
    )?;
    array(ask.rows(), &shape, out)
}
