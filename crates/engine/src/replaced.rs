//! Rows with one inner value replaced, in passes of one size as everywhere.

use glassboard_model::{Array, Gradient, ModelError, Target, View};

use crate::batch;
use crate::float::Float;
use crate::gradient::one_pass;
use crate::graph::ValueId;
use crate::operation::Readable;
use crate::session::{Session, array_of};
use crate::value::{Elem, Value};

impl<B: Readable> Session<B> {
    /// What [`glassboard_model::Model::forward_from`] says.
    pub(crate) fn forward_replaced(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        output: Option<&str>,
    ) -> Result<Array, ModelError> {
        let (layer, wanted) = (self.id(layer)?, self.output_id(output)?);
        let name = &self.program.values[wanted];
        let size = self.batch_size(x)?;
        self.fits(x, layer, values)?;
        let parts = Self::in_batches(x, size, |start, real, chunk| {
            let given = vec![self.input_value(chunk)?, self.layer_value(layer, values, size, start)?];
            let ran = self.forward_pass(given, &[wanted])?;
            let value = ran.values.into_iter().next();
            let value = value.ok_or_else(|| ModelError::Failed(format!("output `{name}` was not made")))?;
            batch::trim(array_of(value)?, size, real, name)
        })?;
        batch::join(&parts, name)
    }

    /// What [`glassboard_model::Model::gradient_from`] says.
    pub(crate) fn gradient_replaced(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        target: &Target,
    ) -> Result<Gradient, ModelError> {
        let layer = self.id(layer)?;
        let name = &self.program.values[layer];
        let size = self.batch_size(x)?;
        self.fits(x, layer, values)?;
        if target.targets.len() != x.shape()[0] {
            return Err(ModelError::Input(format!(
                "{} targets were given for {} rows",
                target.targets.len(),
                x.shape()[0]
            )));
        }
        let parts = Self::in_batches(x, size, |start, real, chunk| {
            let mut classes = target.targets[start..start + real].to_vec();
            let last = classes.last().copied().unwrap_or(0);
            classes.resize(size, last);
            let given = vec![self.input_value(chunk)?, self.layer_value(layer, values, size, start)?];
            let mut pass = one_pass(self, given, &[layer], target, &classes)?;
            let (_, gradient) = pass.at.swap_remove(0);
            pass.scores.truncate(real);
            let gradient = batch::trim(array_of(Value::Float(gradient))?, size, real, name)?;
            Ok((pass.scores, gradient))
        })?;
        let (scores, gradients): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        Ok(Gradient {
            values: scores.concat(),
            gradient: batch::join(&gradients, name)?,
        })
    }

    fn fits(&self, x: &View<'_>, layer: ValueId, values: &View<'_>) -> Result<(), ModelError> {
        if values.ndim() > 0 && values.shape()[0] == x.shape()[0] {
            return Ok(());
        }
        Err(ModelError::Input(format!(
            "{} rows were given, and values of shape {:?} for `{}`",
            x.shape()[0],
            values.shape(),
            self.program.values[layer]
        )))
    }

    /// The values that stand in for `layer` beside the batch that begins at row `start`.
    fn layer_value(
        &self,
        layer: ValueId,
        values: &View<'_>,
        size: usize,
        start: usize,
    ) -> Result<(ValueId, Value<B>), ModelError> {
        let (chunk, _) = batch::chunk(values, size, start / size)?;
        let shape = chunk.shape().to_vec();
        let elem = self.shapes.facts[layer].elem.unwrap_or(Elem::F32);
        if !elem.is_float() {
            return Err(ModelError::Unsupported(format!(
                "value `{}` holds {}; only a float value can be replaced",
                self.program.values[layer],
                elem.name()
            )));
        }
        let data = chunk.into_raw_vec_and_offset().0;
        Ok((layer, Value::Float(Float::from_vec(data, shape, elem, &self.device))))
    }
}
