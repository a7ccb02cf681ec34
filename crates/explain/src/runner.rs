//! Runs a model over many made-up rows: bounded batches, exact counts, progress, cancelling.

use glassboard_model::{Array, Model, ModelError, OutputSpace, View};
use ndarray::{ArrayD, IxDyn};
use serde::Serialize;

use crate::ask::{Ask, scalars};
use crate::{ExplainError, Outcome, Readout, layers};

/// Passes through the model; one row is one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Passes {
    /// Rows run forward.
    pub forward: u64,
    /// Rows differentiated.
    pub backward: u64,
}

/// Most elements of input in one batch; with it, memory is bounded whatever the method asks.
const BATCH_ELEMENTS: usize = 1 << 21;
/// Rows in one batch, where the model does not take more in a pass.
const BATCH_ROWS: usize = 64;

/// A model at work. Every pass of a method goes through here.
pub struct Runner<'a> {
    model: &'a dyn Model,
    progress: &'a mut dyn FnMut(f64, &str),
    cancelled: &'a dyn Fn() -> bool,
    passes: Passes,
    batch_rows: Option<usize>,
    span: (f64, f64),
    label: String,
    partial: Option<&'a mut dyn FnMut(&Outcome)>,
    remarks: Vec<String>,
}

impl<'a> Runner<'a> {
    /// Over `model`; `progress` hears a fraction and a sentence, `cancelled` is asked between batches.
    pub fn new(model: &'a dyn Model, progress: &'a mut dyn FnMut(f64, &str), cancelled: &'a dyn Fn() -> bool) -> Self {
        Self {
            model,
            progress,
            cancelled,
            passes: Passes::default(),
            batch_rows: None,
            span: (0.0, 1.0),
            label: String::new(),
            partial: None,
            remarks: Vec::new(),
        }
    }

    /// Uses at most `rows` rows a batch. It changes speed, never the answer.
    #[must_use]
    pub fn with_batch(mut self, rows: usize) -> Self {
        self.batch_rows = Some(rows.max(1));
        self
    }

    /// Hands what is known so far to `partial`, for methods that estimate in rounds.
    #[must_use]
    pub fn with_partial(mut self, partial: &'a mut dyn FnMut(&Outcome)) -> Self {
        self.partial = Some(partial);
        self
    }

    /// Tells what is known so far, if anybody listens; `outcome` is only made then.
    pub fn tell_partial(&mut self, outcome: impl FnOnce() -> Outcome) {
        if let Some(partial) = self.partial.as_mut() {
            partial(&outcome());
        }
    }

    /// A sentence of a method's own that belongs to its answer; the same one is kept once.
    pub(crate) fn remark(&mut self, sentence: String) {
        if !self.remarks.contains(&sentence) {
            self.remarks.push(sentence);
        }
    }

    /// What methods remarked so far.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The model.
    pub fn model(&self) -> &'a dyn Model {
        self.model
    }

    /// What has been spent so far.
    pub fn passes(&self) -> Passes {
        self.passes
    }

    /// Names the part of the work that comes next, and the share of the whole it takes.
    pub fn stage(&mut self, label: &str, from: f64, to: f64) {
        label.clone_into(&mut self.label);
        self.span = (from, to);
    }

    /// The share of the whole that the present stage takes.
    pub(crate) fn span(&self) -> (f64, f64) {
        self.span
    }

    /// Does `work` as the part from `from` to `to` (0 to 1) of the present stage.
    pub(crate) fn within<T>(&mut self, from: f64, to: f64, work: impl FnOnce(&mut Self) -> T) -> T {
        let whole = self.span;
        let at = |share: f64| whole.0 + share * (whole.1 - whole.0);
        self.span = (at(from), at(to));
        let done = work(self);
        self.span = whole;
        done
    }

    /// Rows a batch that the caller set.
    pub(crate) fn batch_rows(&self) -> Option<usize> {
        self.batch_rows
    }

    /// Stops here if the job was cancelled.
    pub fn check_cancelled(&self) -> Result<(), ExplainError> {
        if (self.cancelled)() {
            return Err(ModelError::Cancelled.into());
        }
        Ok(())
    }

    /// Counts rows run forward outside of this runner's own batches.
    pub(crate) fn count_forward(&mut self, rows: usize) {
        self.passes.forward += rows as u64;
    }

    /// Counts rows differentiated outside of this runner's own batches.
    pub(crate) fn count_backward(&mut self, rows: usize) {
        self.passes.backward += rows as u64;
    }

    /// Counts rows run forward and differentiated outside of this runner's own batches.
    pub(crate) fn count_both(&mut self, rows: usize) {
        self.passes.forward += rows as u64;
        self.passes.backward += rows as u64;
    }

    /// Says how much of the present stage is done.
    pub(crate) fn tell(&mut self, done: usize, total: usize) {
        let share = done as f64 / total.max(1) as f64;
        let message = format!("{}, {done} of {total} passes", self.label);
        (self.progress)(self.span.0 + share * (self.span.1 - self.span.0), &message);
    }

    /// Says how many trees of an ensemble are done.
    pub(crate) fn tell_trees(&mut self, done: usize, total: usize) {
        let share = done as f64 / total.max(1) as f64;
        let message = format!("{done} of {total} trees");
        (self.progress)(self.span.0 + share * (self.span.1 - self.span.0), &message);
    }

    /// Rows of one batch: whole passes of the model, bounded in memory.
    pub(crate) fn batch_of(&self, row_shape: &[usize]) -> usize {
        let size: usize = row_shape.iter().product();
        let most = (BATCH_ELEMENTS / size.max(1)).max(1);
        if let Some(rows) = self.batch_rows {
            return rows.min(most);
        }
        // Whole passes of the model, so that no pass is padded but the last.
        let pass = self.model.rows_per_pass(row_shape).clamp(1, most);
        (BATCH_ROWS.min(most) / pass).max(1) * pass
    }

    /// Fills rows `0..count` with `fill` and hands each batch to `each` as (first row, rows).
    pub(crate) fn batches(
        &mut self,
        row_shape: &[usize],
        count: usize,
        mut fill: impl FnMut(usize, &mut [f32]),
        mut each: impl FnMut(&mut Self, usize, Array) -> Result<(), ExplainError>,
    ) -> Result<(), ExplainError> {
        let size: usize = row_shape.iter().product();
        let step = self.batch_of(row_shape);
        let mut first = 0;
        while first < count {
            self.check_cancelled()?;
            let rows = step.min(count - first);
            let mut buffer = vec![0.0f32; rows * size];
            for (i, row) in buffer.chunks_exact_mut(size).enumerate() {
                fill(first + i, row);
            }
            let mut shape = vec![rows];
            shape.extend_from_slice(row_shape);
            let x = ArrayD::from_shape_vec(IxDyn(&shape), buffer)
                .map_err(|e| ModelError::Failed(format!("a batch could not be laid out: {e}")))?;
            each(self, first, x)?;
            first += rows;
            self.tell(first, count);
        }
        Ok(())
    }

    /// The explained scalar of `count` made-up rows, row `i` with class `class(i)`.
    pub fn forward(
        &mut self,
        row_shape: &[usize],
        count: usize,
        readout: &Readout,
        class: impl Fn(usize) -> usize,
        fill: impl FnMut(usize, &mut [f32]),
    ) -> Result<Vec<f32>, ExplainError> {
        let mut values = Vec::with_capacity(count);
        self.batches(row_shape, count, fill, |me, first, x| {
            let rows = x.shape()[0];
            let outputs = me.model.forward(&x.view(), readout.output.as_deref())?;
            me.passes.forward += rows as u64;
            let targets: Vec<_> = (first..first + rows).map(&class).collect();
            values.extend(scalars(&outputs, readout.space, &targets)?);
            Ok(())
        })?;
        Ok(values)
    }

    /// The model's whole output for the rows of `ask`.
    pub fn predict(&mut self, x: &Array, output: Option<&str>) -> Result<Array, ExplainError> {
        let shape = x.shape()[1..].to_vec();
        let size: usize = shape.iter().product();
        let standard = x.as_standard_layout();
        let flat = standard.as_slice().unwrap_or_default();
        let mut parts: Vec<Array> = Vec::new();
        self.batches(
            &shape,
            x.shape()[0],
            |i, row| row.copy_from_slice(&flat[i * size..][..size]),
            |me, _, x| {
                me.passes.forward += x.shape()[0] as u64;
                parts.push(me.model.forward(&x.view(), output)?);
                Ok(())
            },
        )?;
        let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
        ndarray::concatenate(ndarray::Axis(0), &views)
            .map_err(|e| ModelError::Failed(format!("the model's outputs do not line up: {e}")).into())
    }

    /// Differentiates `count` made-up rows; `each` hears row number, value and gradient, in order.
    pub fn gradient(
        &mut self,
        ask: &Ask<'_>,
        count: usize,
        class: impl Fn(usize) -> usize,
        fill: impl FnMut(usize, &mut [f32]),
        mut each: impl FnMut(usize, f32, &[f32]),
    ) -> Result<(), ExplainError> {
        let row_shape = ask.row_shape().to_vec();
        let size: usize = row_shape.iter().product();
        self.batches(&row_shape, count, fill, |me, first, x| {
            let rows = x.shape()[0];
            let target = ask.target((first..first + rows).map(&class).collect());
            let answer = me.model.gradient(&x.view(), &target)?;
            me.passes.forward += rows as u64;
            me.passes.backward += rows as u64;
            let gradient = answer.gradient.as_standard_layout();
            let flat = gradient.as_slice().unwrap_or_default();
            for (i, (row, value)) in flat.chunks_exact(size).zip(&answer.values).enumerate() {
                each(first + i, *value, row);
            }
            Ok(())
        })
    }

    /// Value and derivative at `layer` for `count` made-up rows; `each` hears row number, the shape of
    /// the layer without the batch axis, activation and gradient, in order.
    pub fn layer_gradient(
        &mut self,
        ask: &Ask<'_>,
        layer: &str,
        count: usize,
        class: impl Fn(usize) -> usize,
        fill: impl FnMut(usize, &mut [f32]),
        mut each: impl FnMut(usize, &[usize], &[f32], &[f32]),
    ) -> Result<(), ExplainError> {
        let row_shape = ask.row_shape().to_vec();
        self.batches(&row_shape, count, fill, |me, first, x| {
            let rows = x.shape()[0];
            let target = ask.target((first..first + rows).map(&class).collect());
            let answer = me.model.layer_gradient(&x.view(), layer, &target)?;
            me.passes.forward += rows as u64;
            me.passes.backward += rows as u64;
            let (activation, gradient) = (
                answer.activation.as_standard_layout(),
                answer.gradient.as_standard_layout(),
            );
            let shape = activation.shape()[1..].to_vec();
            let size = shape.iter().product::<usize>().max(1);
            let (a, g) = (
                activation.as_slice().unwrap_or_default(),
                gradient.as_slice().unwrap_or_default(),
            );
            if activation.shape().first() != Some(&rows) || a.len() != g.len() {
                return Err(ExplainError::parameters(format!(
                    "`{layer}` has shape {:?}, whose first axis is not the batch; choose another layer",
                    activation.shape()
                )));
            }
            for (i, (a, g)) in a.chunks_exact(size).zip(g.chunks_exact(size)).enumerate() {
                each(first + i, &shape, a, g);
            }
            Ok(())
        })
    }

    /// The values of `layer` for the rows of `x`, in one batch or several.
    pub fn capture(&mut self, x: &Array, layer: &str) -> Result<Array, ExplainError> {
        let shape = x.shape()[1..].to_vec();
        let size: usize = shape.iter().product();
        let standard = x.as_standard_layout();
        let flat = standard.as_slice().unwrap_or_default();
        let mut parts: Vec<Array> = Vec::new();
        self.batches(
            &shape,
            x.shape()[0],
            |i, row| row.copy_from_slice(&flat[i * size..][..size]),
            |me, _, x| {
                me.passes.forward += x.shape()[0] as u64;
                parts.extend(me.model.capture(&x.view(), &[layer])?.into_iter().next());
                Ok(())
            },
        )?;
        let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
        ndarray::concatenate(ndarray::Axis(0), &views).map_err(|_| {
            ExplainError::parameters(format!(
                "the first axis of `{layer}` is not the batch; choose another layer"
            ))
        })
    }

    /// The layer a class activation map is taken from when none is named; see [`layers::default_layer`].
    pub fn default_layer(&mut self, row: &View<'_>) -> Result<String, ExplainError> {
        let (name, passes) = layers::default_layer(self.model, row)?;
        self.passes.forward += passes;
        Ok(name)
    }

    /// The probability readout of the same output.
    pub fn probability(ask: &Ask<'_>) -> Readout {
        ask.readout.within(OutputSpace::Probability)
    }
}
