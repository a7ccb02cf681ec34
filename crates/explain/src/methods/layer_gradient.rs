//! The gradient at a layer: of a token model at its embedding, of any model at any float value.

use glassboard_model::Array;

use super::array;
use crate::{Ask, ExplainError, Runner};

/// d f / d A, or its magnitude, `[rows, ...]` with the layer's shape.
pub fn layer_gradient(run: &mut Runner<'_>, ask: &Ask<'_>, layer: &str, abs: bool) -> Result<Array, ExplainError> {
    let (mut out, mut shape) = (Vec::new(), Vec::new());
    run.layer_gradient(
        ask,
        layer,
        ask.rows(),
        |i| ask.targets[i],
        |i, row| row.copy_from_slice(ask.row(i)),
        |_, of, _, g| {
            of.clone_into(&mut shape);
            out.extend(g.iter().map(|g| if abs { g.abs() } else { *g }));
        },
    )?;
    array(ask.rows(), &shape, out)
}
