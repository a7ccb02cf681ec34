//! Passes of made-up values of an inner layer.

use glassboard_model::{Array, ModelError};
use ndarray::{ArrayD, IxDyn};

use crate::ask::scalars;
use crate::{Ask, ExplainError, Runner};

/// Made-up values of a layer: how many, of which row of the ask each is, and for which class.
pub struct Inside<'a> {
    /// The layer.
    pub layer: &'a str,
    /// Its shape for one row, without the batch axis.
    pub shape: &'a [usize],
    /// How many.
    pub count: usize,
    /// The row of the ask that each stands in for.
    pub row: &'a dyn Fn(usize) -> usize,
}

impl Runner<'_> {
    /// The explained scalar of rows of `ask` whose layer has made-up values, each for its row's class.
    pub fn forward_from(
        &mut self,
        ask: &Ask<'_>,
        inside: &Inside<'_>,
        fill: impl FnMut(usize, &mut [f32]),
    ) -> Result<Vec<f32>, ExplainError> {
        let mut values = Vec::with_capacity(inside.count);
        self.inside(ask, inside, fill, |me, first, x, made| {
            let output = ask.readout.output.as_deref();
            let outputs = me.model().forward_from(&x.view(), inside.layer, &made.view(), output)?;
            me.count_forward(x.shape()[0]);
            values.extend(scalars(&outputs, ask.readout.space, &classes(ask, inside, first, x))?);
            Ok(())
        })?;
        Ok(values)
    }

    /// Differentiates by made-up values of a layer; `each` hears number, value and gradient, in order.
    pub fn gradient_from(
        &mut self,
        ask: &Ask<'_>,
        inside: &Inside<'_>,
        fill: impl FnMut(usize, &mut [f32]),
        mut each: impl FnMut(usize, f32, &[f32]),
    ) -> Result<(), ExplainError> {
        let size: usize = inside.shape.iter().product();
        self.inside(ask, inside, fill, |me, first, x, made| {
            let target = ask.target(classes(ask, inside, first, x));
            let answer = me
                .model()
                .gradient_from(&x.view(), inside.layer, &made.view(), &target)?;
            me.count_forward(x.shape()[0]);
            me.count_backward(x.shape()[0]);
            let gradient = answer.gradient.as_standard_layout();
            let flat = gradient.as_slice().unwrap_or_default();
            for (i, (row, value)) in flat.chunks_exact(size.max(1)).zip(&answer.values).enumerate() {
                each(first + i, *value, row);
            }
            Ok(())
        })
    }

    /// Hands bounded batches to `each` as (first, rows of the input, values of the layer).
    fn inside(
        &mut self,
        ask: &Ask<'_>,
        inside: &Inside<'_>,
        mut fill: impl FnMut(usize, &mut [f32]),
        mut each: impl FnMut(&mut Self, usize, &Array, &Array) -> Result<(), ExplainError>,
    ) -> Result<(), ExplainError> {
        let size: usize = inside.shape.iter().product();
        let row_size: usize = ask.row_shape().iter().product();
        // An inner value may be larger than the input: whichever is, bounds the batch.
        let step = if size > row_size {
            self.batch_of(ask.row_shape()).min(self.batch_of(inside.shape))
        } else {
            self.batch_of(ask.row_shape())
        };
        let mut first = 0;
        while first < inside.count {
            self.check_cancelled()?;
            let rows = step.min(inside.count - first);
            let mut x = Vec::with_capacity(rows * row_size);
            let mut made = vec![0.0f32; rows * size];
            for (i, values) in made.chunks_exact_mut(size.max(1)).enumerate() {
                x.extend_from_slice(ask.row((inside.row)(first + i)));
                fill(first + i, values);
            }
            let (x, made) = (shaped(rows, ask.row_shape(), x)?, shaped(rows, inside.shape, made)?);
            each(self, first, &x, &made)?;
            first += rows;
            self.tell(first, inside.count);
        }
        Ok(())
    }
}

fn classes(ask: &Ask<'_>, inside: &Inside<'_>, first: usize, x: &Array) -> Vec<usize> {
    let rows = first..first + x.shape()[0];
    rows.map(|i| ask.targets[(inside.row)(i)]).collect()
}

fn shaped(rows: usize, shape: &[usize], values: Vec<f32>) -> Result<Array, ModelError> {
    let full: Vec<usize> = std::iter::once(rows).chain(shape.iter().copied()).collect();
    ArrayD::from_shape_vec(IxDyn(&full), values)
        .map_err(|e| ModelError::Failed(format!("a batch could not be laid out: {e}")))
}
