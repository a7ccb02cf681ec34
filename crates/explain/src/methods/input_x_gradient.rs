//! x * d f / d x (Shrikumar et al. 2016).

use glassboard_model::Array;

use super::gradient::gradient;
use crate::{Ask, ExplainError, Runner};

/// Input times gradient, shape of `ask.x`.
pub fn input_x_gradient(run: &mut Runner<'_>, ask: &Ask<'_>) -> Result<Array, ExplainError> {
    Ok(gradient(run, ask)? * ask.x)
}
