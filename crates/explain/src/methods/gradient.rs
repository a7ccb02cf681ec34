//! d f / d x, with its sign.

use glassboard_model::Array;

use super::array;
use crate::{Ask, ExplainError, Runner};

/// The gradient, shape of `ask.x`.
pub fn gradient(run: &mut Runner<'_>, ask: &Ask<'_>) -> Result<Array, ExplainError> {
    let mut out = Vec::with_capacity(ask.x.len());
    run.gradient(
        ask,
        ask.rows(),
        |i| ask.targets[i],
        |i, row| row.copy_from_slice(ask.row(i)),
        |_, _, gradient| out.extend_from_slice(gradient),
    )?;
    array(ask.rows(), ask.row_shape(), out)
}
