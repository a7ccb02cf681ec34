//! Guided backpropagation where Grad-CAM looks (Selvaraju et al. 2017).

use glassboard_model::Array;

use super::grad_cam::{enlarge, grad_cam};
use super::guided_backprop::{Rectifier, guided_backprop};
use crate::resize::Interpolation;
use crate::{Ask, ExplainError, Runner};

/// Guided backpropagation times the positive part of Grad-CAM at `layer`, brought to the size of the input. Shape of
/// `ask.x`.
pub fn guided_grad_cam(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    layer: &str,
    how: Interpolation,
) -> Result<Array, ExplainError> {
    let map = enlarge(&grad_cam(run, ask, layer, true)?, ask, how)?;
    let guided = guided_backprop(run, ask, Rectifier::Guided)?;
    // The map has one channel; it weighs every channel of the input.
    Ok(guided * map)
}
