//! A session as the [`Model`] that explanation methods ask: one input, rows in passes of one size.

use glassboard_model::{
    Array, Gradient, InputSpec, LayerGradient, Model, ModelError, Propagated, Propagation, Target, ValueInfo, View,
    WeightInfo,
};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::batch::{self, Cut, Rows};
use crate::error::EngineError;
use crate::float::Float;
use crate::gradient;
use crate::graph::{Axis, ValueId};
use crate::operation::Readable;
use crate::ops::Grad;
use crate::propagate;
use crate::session::{Session, array_of, check_shape, every_node, within_pool};
use crate::shapes::Dim;
use crate::tokens::{Feed, Tokens, ids_of};
use crate::value::{Elem, Plain, Value};

/// Said of a quantised model.
const STRAIGHT: &str = "This model is quantised: its gradients pass straight through rounding, and stop where a number \
                        is outside the range of its type.";

impl<B: Readable> Session<B> {
    /// The single input of the graph, which [`Model`] speaks of; with a feed that has padding, the one of the ids.
    pub(crate) fn single_input(&self, feed: &Feed<'_>) -> Result<(usize, ValueId, &InputSpec, Elem), EngineError> {
        if let Some(at) = feed.pad.and_then(|_| ids_of(&self.inputs)) {
            let (id, port) = &self.program.inputs[at];
            return Ok((at, *id, &self.inputs[at], port.elem.unwrap_or(Elem::I64)));
        }
        if let ([(id, port)], [spec]) = (self.program.inputs.as_slice(), self.inputs.as_slice()) {
            Ok((0, *id, spec, port.elem.unwrap_or(Elem::F32)))
        } else {
            let names: Vec<_> = self.inputs.iter().map(|i| i.name.as_str()).collect();
            Err(EngineError::Unsupported(format!(
                "explanations need a model with one input; this one has {}: {}",
                names.len(),
                names.join(", ")
            )))
        }
    }

    /// Checks `x` against the graph's input and tells how its rows are cut into passes; `alone` says whether the asker
    /// runs the graph's nodes as they are.
    pub(crate) fn cut(&self, x: &View<'_>, feed: &Feed<'_>, alone: bool) -> Result<Cut, EngineError> {
        let (at, _, spec, _) = self.single_input(feed)?;
        if x.ndim() == 0 || x.shape()[0] == 0 {
            return Err(EngineError::Input("the input has no rows".into()));
        }
        if let Some(mut declared) = self.program.inputs.get(at).and_then(|(_, port)| port.shape.clone()) {
            if let Some(first) = declared.first_mut() {
                *first = Axis::Free;
            }
            check_shape(&spec.name, &declared, x.shape())?;
        }
        if let Some((value, rows)) = &feed.instead
            && rows.shape().first() != Some(&x.shape()[0])
        {
            return Err(EngineError::Input(format!(
                "`{}` is replaced by {:?}, which is not a row for each of {}",
                self.program.values[*value],
                rows.shape(),
                x.shape()[0]
            )));
        }
        let fixed = spec.shape.first().copied().flatten();
        if let Some(fixed) = fixed {
            return Ok(Cut {
                size: fixed.max(1),
                fill: true,
                beside: fixed > 1,
            });
        }
        let Rows { count, filled, beside } = self.rows_a_pass(&x.shape()[1..]);
        let fill = !(alone && self.rows_alone);
        // Few rows are shared by the threads there are: where nothing is filled up, no bit tells how they were cut.
        let share = x.shape()[0].div_ceil(rayon::current_num_threads().max(1));
        let size = match (fill, beside) {
            (true, _) => filled,
            (false, true) => count.min(share),
            (false, false) => count,
        };
        Ok(Cut { size, fill, beside })
    }

    /// Everything the graph is given for a pass over `chunk`, whose first row is row `start` of all.
    pub(crate) fn input_values(
        &self,
        chunk: Array,
        start: usize,
        feed: &Feed<'_>,
    ) -> Result<Vec<(ValueId, Value<B>)>, ModelError> {
        let size = chunk.shape()[0];
        let mut given = match feed.pad {
            Some(pad) if ids_of(&self.inputs).is_some() => self.followers(&chunk, pad)?,
            _ => Vec::new(),
        };
        given.push(self.input_value(chunk, feed)?);
        if let Some((id, rows)) = &feed.instead {
            let (rows, _) = batch::chunk(rows, start, size)?;
            let shape = rows.shape().to_vec();
            let data = rows.into_raw_vec_and_offset().0;
            let elem = self.shapes.facts[*id].elem.unwrap_or(Elem::F32);
            if !elem.is_float() {
                return Err(ModelError::Unsupported(format!(
                    "value `{}` holds {}; only a float value can be replaced",
                    self.program.values[*id],
                    elem.name()
                )));
            }
            given.retain(|(other, _)| other != id);
            given.push((*id, Value::Float(Float::from_vec(data, shape, elem, &self.device))));
        }
        Ok(given)
    }

    /// A chunk as the graph's input value.
    pub(crate) fn input_value(&self, chunk: Array, feed: &Feed<'_>) -> Result<(ValueId, Value<B>), EngineError> {
        let (_, id, spec, elem) = self.single_input(feed)?;
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
    pub(crate) fn batched(&self, x: &View<'_>, wanted: &[ValueId], feed: &Feed<'_>) -> Result<Vec<Array>, ModelError> {
        let cut = self.cut(x, feed, true)?;
        let parts = Self::in_batches(x, cut, |first, real, chunk| {
            let size = chunk.shape()[0];
            let ran = self.forward_pass(self.input_values(chunk, first, feed)?, wanted)?;
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

    /// Calls `f` with the first row, the number of real rows and the rows of every pass.
    pub(crate) fn in_batches<T: Send>(
        x: &View<'_>,
        cut: Cut,
        f: impl Fn(usize, usize, Array) -> Result<T, ModelError> + Sync,
    ) -> Result<Vec<T>, ModelError> {
        let rows = x.shape()[0];
        let count = rows.div_ceil(cut.size);
        let one = |k: usize| {
            let start = k * cut.size;
            let size = if cut.fill { cut.size } else { cut.size.min(rows - start) };
            let (chunk, real) = batch::chunk(x, start, size)?;
            f(start, real, chunk)
        };
        within_pool(|| {
            if cut.beside {
                (0..count).into_par_iter().map(one).collect()
            } else {
                (0..count).map(one).collect()
            }
        })
    }
}

impl<B: Readable> Session<B> {
    pub(crate) fn ids_named(&self, names: &[&str]) -> Result<Vec<ValueId>, EngineError> {
        names.iter().map(|name| self.id(name)).collect()
    }

    /// Answer of [`Model::gradient`].
    pub(crate) fn gradient_of_rows(
        &self,
        x: &View<'_>,
        target: &Target,
        feed: &Feed<'_>,
    ) -> Result<Gradient, ModelError> {
        let (_, input, ..) = self.single_input(feed)?;
        let mut found = gradient::with_respect_to(self, x, &[input], target, feed)?;
        Ok(Gradient {
            values: found.values,
            gradient: found.layers.swap_remove(0).gradient,
        })
    }

    /// Answer of [`Model::forward_from`].
    pub(crate) fn forward_replaced(
        &self,
        x: &View<'_>,
        (layer, values): (&str, &View<'_>),
        output: Option<&str>,
        pad: Option<i64>,
    ) -> Result<Array, ModelError> {
        let wanted = self.output_id(output)?;
        let feed = Feed {
            pad,
            instead: Some((self.id(layer)?, values.view())),
        };
        Ok(self.batched(x, &[wanted], &feed)?.swap_remove(0))
    }

    /// Answer of [`Model::gradient_from`].
    pub(crate) fn gradient_replaced(
        &self,
        x: &View<'_>,
        (layer, values): (&str, &View<'_>),
        target: &Target,
        pad: Option<i64>,
    ) -> Result<Gradient, ModelError> {
        let id = self.id(layer)?;
        let feed = Feed {
            pad,
            instead: Some((id, values.view())),
        };
        let mut found = gradient::with_respect_to(self, x, &[id], target, &feed)?;
        Ok(Gradient {
            values: found.values,
            gradient: found.layers.swap_remove(0).gradient,
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
        fixed.map_or_else(|| self.rows_a_pass(row_shape).count, |n| n.max(1))
    }

    fn forward(&self, x: &View<'_>, output: Option<&str>) -> Result<Array, ModelError> {
        let id = self.output_id(output)?;
        Ok(self.batched(x, &[id], &Feed::default())?.swap_remove(0))
    }

    fn capture(&self, x: &View<'_>, layers: &[&str]) -> Result<Vec<Array>, ModelError> {
        let ids = self.ids_named(layers)?;
        self.batched(x, &ids, &Feed::default())
    }

    fn gradient(&self, x: &View<'_>, target: &Target) -> Result<Gradient, ModelError> {
        self.gradient_of_rows(x, target, &Feed::default())
    }

    fn layer_gradient(&self, x: &View<'_>, layer: &str, target: &Target) -> Result<LayerGradient, ModelError> {
        Ok(self.layer_gradients(x, &[layer], target)?.swap_remove(0))
    }

    fn layer_gradients(
        &self,
        x: &View<'_>,
        layers: &[&str],
        target: &Target,
    ) -> Result<Vec<LayerGradient>, ModelError> {
        let ids = self.ids_named(layers)?;
        let found = gradient::with_respect_to(self, x, &ids, target, &Feed::default())?;
        Ok(found.layers)
    }

    fn embedding(&self) -> Option<String> {
        let at = match self.inputs.len() {
            1 => 0,
            _ => ids_of(&self.inputs)?,
        };
        let (ids, port) = self.program.inputs.get(at)?;
        if port.elem.is_none_or(Elem::is_float) {
            return None;
        }
        self.embedding_of(*ids).map(|id| self.program.values[id].clone())
    }

    fn of_tokens(&self, pad: i64) -> Option<Box<dyn Model + '_>> {
        Some(Box::new(Tokens::of(self, pad)?))
    }

    fn propagate(
        &self,
        x: &View<'_>,
        reference: Option<&View<'_>>,
        target: &Target,
        way: &dyn Propagation,
        at: Option<&str>,
    ) -> Result<Propagated, ModelError> {
        propagate::propagate(self, x, reference, target, way, at)
    }

    fn forward_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        output: Option<&str>,
    ) -> Result<Array, ModelError> {
        self.forward_replaced(x, (layer, values), output, None)
    }

    fn gradient_from(
        &self,
        x: &View<'_>,
        layer: &str,
        values: &View<'_>,
        target: &Target,
    ) -> Result<Gradient, ModelError> {
        self.gradient_replaced(x, (layer, values), target, None)
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
