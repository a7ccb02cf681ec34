//! A session as the [`Model`] that explanation methods ask: one input, rows in passes of one size.

use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, Model, ModelError, Target, ValueInfo, View, WeightInfo,
};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::batch;
use crate::error::EngineError;
use crate::float::Float;
use crate::gradient;
use crate::graph::{Axis, ValueId};
use crate::operation::Readable;
use crate::ops::Grad;
use crate::session::{Session, array_of, check_shape, every_node, within_pool};
use crate::shapes::Dim;
use crate::value::{Elem, Plain, Value};

/// Said of a quantised model.
const STRAIGHT: &str = "This model is quantised: its gradients pass straight through rounding, and stop where a number \
                        is outside the range of its type.";

impl<B: Readable> Session<B> {
    /// The single input of the graph, which [`Model`] speaks of.
    pub(crate) fn single_input(&self) -> Result<(ValueId, &InputSpec, Elem), EngineError> {
        if let ([(id, port)], [spec]) = (self.program.inputs.as_slice(), self.inputs.as_slice()) {
            Ok((*id, spec, port.elem.unwrap_or(Elem::F32)))
        } else {
            let names: Vec<_> = self.inputs.iter().map(|i| i.name.as_str()).collect();
            Err(EngineError::Unsupported(format!(
                "explanations need a model with one input; this one has {}: {}",
                names.len(),
                names.join(", ")
            )))
        }
    }

    /// Checks `x` against the graph's input and tells the pass size.
    pub(crate) fn batch_size(&self, x: &View<'_>) -> Result<usize, EngineError> {
        let (_, spec, _) = self.single_input()?;
        if x.ndim() == 0 || x.shape()[0] == 0 {
            return Err(EngineError::Input("the input has no rows".into()));
        }
        if let Some(mut declared) = self.program.inputs.first().and_then(|(_, port)| port.shape.clone()) {
            if let Some(first) = declared.first_mut() {
                *first = Axis::Free;
            }
            check_shape(&spec.name, &declared, x.shape())?;
        }
        Ok(match spec.shape.first().copied().flatten() {
            Some(fixed) => fixed.max(1),
            None => self.rows_a_pass(&x.shape()[1..]),
        })
    }

    /// A chunk as the graph's input value.
    pub(crate) fn input_value(&self, chunk: Array) -> Result<(ValueId, Value<B>), EngineError> {
        let (id, spec, elem) = self.single_input()?;
        let shape = chunk.shape().to_vec();
        if elem.is_float() {
            let data = chunk.into_raw_vec_and_offset().0;
            return Ok((id, Value::Float(Float::from_vec(data, shape, elem, &self.device))));
        }
        let whole = |v: &f32| {
            if v.fract() == 0.0 && v.abs() < 9.0e15 {
                Ok(elem.wrap(*v as i64))
            } else {
                Err(EngineError::Input(format!(
                    "input `{}` holds {}; {v} is not a whole number",
                    spec.name,
                    elem.name()
                )))
            }
        };
        let data = chunk.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
        Ok((id, Plain::int(shape, elem, data).to_value(&self.device)))
    }

    /// Runs `x` in fixed batches for several values.
    fn batched(&self, x: &View<'_>, wanted: &[ValueId]) -> Result<Vec<Array>, ModelError> {
        let size = self.batch_size(x)?;
        let parts = Self::in_batches(x, size, |_, real, chunk| {
            let ran = self.forward_pass(vec![self.input_value(chunk)?], wanted)?;
            let pairs = ran.values.into_iter().zip(wanted);
            pairs
                .map(|(value, id)| batch::trim(array_of(value)?, size, real, &self.program.values[*id]))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let mut by_value: Vec<Vec<Array>> = vec![Vec::new(); wanted.len()];
        for part in parts {
            for (array, slot) in part.into_iter().zip(&mut by_value) {
                slot.push(array);
            }
        }
        by_value
            .iter()
            .zip(wanted)
            .map(|(p, id)| batch::join(p, &self.program.values[*id]))
            .collect()
    }

    /// Calls `f` with the first row, the number of real rows and the rows of every batch; small ones
    /// several at a time, a thread each.
    pub(crate) fn in_batches<T: Send>(
        x: &View<'_>,
        size: usize,
        f: impl Fn(usize, usize, Array) -> Result<T, ModelError> + Sync,
    ) -> Result<Vec<T>, ModelError> {
        let count = x.shape()[0].div_ceil(size);
        let one = |k: usize| {
            let (chunk, real) = batch::chunk(x, size, k)?;
            f(k * size, real, chunk)
        };
        within_pool(|| {
            if size > 1 {
                (0..count).into_par_iter().map(one).collect()
            } else {
                (0..count).map(one).collect()
            }
        })
    }
}

impl<B: Readable> Model for Session<B> {
    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn notes(&self) -> Vec<String> {
        let mut quantised = false;
        every_node(&self.program, &mut |n| {
            quantised |= self.plain.get(n).is_some_and(|e| e.grad == Grad::Straight);
        });
        quantised.then(|| STRAIGHT.to_owned()).into_iter().collect()
    }

    fn values(&self) -> Vec<ValueInfo> {
        let name = |id: &ValueId| self.program.values.get(*id).cloned().unwrap_or_default();
        let nodes = self.program.nodes.iter();
        let info = |id: &ValueId, op: &str| ValueInfo {
            name: name(id),
            op: op.to_owned(),
            shape: self.shapes.facts[*id]
                .shape
                .as_ref()
                .map(|dims| dims.iter().map(Dim::known).collect()),
        };
        nodes
            .flat_map(|node| node.outputs.iter().flatten().map(|id| info(id, &node.op)))
            .collect()
    }

    fn rows_per_pass(&self, row_shape: &[usize]) -> usize {
        let fixed = self
            .inputs
            .first()
            .and_then(|spec| spec.shape.first().copied().flatten());
        fixed.map_or_else(|| self.rows_a_pass(row_shape), |n| n.max(1))
    }

    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError> {
        let id = self.output_id(output)?;
        Ok(self.batched(x, &[id])?.swap_remove(0))
    }

    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        let ids = layers.iter().map(|name| self.id(name)).collect::<Result<Vec<_>, _>>()?;
        self.batched(x, &ids)
    }

    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError> {
        let input = self.single_input()?.0;
        let found = gradient::with_respect_to(self, x, input, target)?;
        Ok(Gradient {
            values: found.values,
            gradient: found.gradient,
        })
    }

    fn layer_gradient(&self, x: &View<'_>, layer: &str, target: &Target) -> Result<LayerGradient, ModelError> {
        let found = gradient::with_respect_to(self, x, self.id(layer)?, target)?;
        Ok(LayerGradient {
            activation: found.activation,
            gradient: found.gradient,
        })
    }

    fn forward_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        output: Option<&str>,
    ) -> Result<Array, ModelError> {
        self.forward_replaced(x, layer, values, output)
    }

    fn gradient_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        target: &Target,
    ) -> Result<Gradient, ModelError> {
        self.gradient_replaced(x, layer, values, target)
    }

    fn weights(&self) -> Vec<WeightInfo> {
        self.weight_infos()
    }

    fn weight(&self, name: &str) -> Result<Array, ModelError> {
        self.weight_numbers(name)
    }

    fn with_weights(&self, changed: Vec<(String, Array)>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(self.with_other_weights(changed)?))
    }

    fn weight_gradients(
        &self,
        x: &View<'_>,
        output: Option<&str>,
        pull: ArrayView2<'_, f32>,
    ) -> Result<Array2<f32>, ModelError> {
        self.gradients_by_weights(x, output, &pull)
    }
}
