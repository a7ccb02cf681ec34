//! The gradient, of which rectifiers pass back only what speaks for the target: guided backpropagation (Springenberg et
//! al. 2014) and deconvolution (Zeiler and Fergus 2014).

use glassboard_model::propagation::Arriving;
use glassboard_model::{Array, ModelError, Propagation, Recording};
use ndarray::Zip;

use super::array;
use crate::{Ask, ExplainError, Runner};

/// How a rectifier passes gradients back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rectifier {
    /// Where its input and the gradient are both positive.
    Guided,
    /// Where the gradient is positive.
    Deconvolution,
}

impl Propagation for Rectifier {
    fn node(
        &self,
        recording: &dyn Recording,
        node: usize,
        incoming: &[Option<Array>],
    ) -> Result<Option<Arriving>, ModelError> {
        let here = &recording.outline().nodes[node];
        let (true, Some(Some(arrived))) = (here.op == "Relu", incoming.first()) else {
            return Ok(None);
        };
        let mut passed = arrived.mapv(|g| g.max(0.0));
        let output = here.outputs.first().copied().flatten();
        if *self == Self::Guided
            && let Some(output) = output.and_then(|id| recording.value(id))
        {
            Zip::from(&mut passed)
                .and(&output)
                .for_each(|g, y| *g = if *y > 0.0 { *g } else { 0.0 });
        }
        Ok(Some(vec![Some(passed)]))
    }

    fn share(&self, arrived: f32, value: f32, _: f32) -> f32 {
        arrived * value
    }
}

/// The gradient with `Relu` passing back as `how` says, shape of `ask.x`. A graph without `Relu` has the plain gradient.
pub fn guided_backprop(run: &mut Runner<'_>, ask: &Ask<'_>, how: Rectifier) -> Result<Array, ExplainError> {
    let mut out = Vec::with_capacity(ask.x.len());
    run.propagate_rows(ask, &how, |row| out.extend_from_slice(row.arrived))?;
    array(ask.rows(), ask.row_shape(), out)
}
