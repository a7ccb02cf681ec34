//! |d f / d x| (Simonyan et al. 2013).

use glassboard_model::Array;

use super::gradient::gradient;
use crate::{Ask, ExplainError, Runner};

/// The gradient's magnitude (`abs`) or the gradient itself, shape of `ask.x`.
pub fn saliency(run: &mut Runner<'_>, ask: &Ask<'_>, abs: bool) -> Result<Array, ExplainError> {
    let map = gradient(run, ask)?;
    Ok(if abs { map.mapv_into(f32::abs) } else { map })
}
