//! The game of groups of elements of any input, those not known replaced by a baseline: superpixels and cells of a
//! picture, tokens of a text. Of a picture they can be filled in from what is known instead.

use std::ops::Range;

use glassboard_model::{Array, ModelError, View};
use ndarray::{Array2, ArrayD, Axis, IxDyn};

use super::{Coalition, Game};
use crate::hide::inpaint;
use crate::rows::in_space;
use crate::{ExplainError, Readout, Runner};

/// v(S) = f(x where the element's group is in S, the baseline elsewhere), for all outputs at once.
pub struct PictureGame<'a> {
    /// The elements of the input, and its shape.
    x: Vec<f32>,
    shape: Vec<usize>,
    baseline: &'a [f32],
    groups: &'a [Option<usize>],
    /// Stretches of elements of one group, in order, each with its group.
    runs: Vec<(Range<usize>, Option<usize>)>,
    players: usize,
    readout: Readout,
    /// Height and width of the channels that are filled in.
    filled: Option<(usize, usize)>,
}

impl<'a> PictureGame<'a> {
    /// One row `x` (without the batch axis) and, per element, its baseline and its group; elements of no group are
    /// always known.
    ///
    /// # Errors
    /// A sentence where the lengths do not fit.
    pub fn new(
        x: View<'_>,
        baseline: &'a [f32],
        groups: &'a [Option<usize>],
        readout: Readout,
    ) -> Result<Self, ExplainError> {
        if baseline.len() != x.len() || groups.len() != x.len() {
            return Err(ExplainError::parameters(format!(
                "an input of {} elements has a baseline of {} and groups for {}",
                x.len(),
                baseline.len(),
                groups.len()
            )));
        }
        let players = groups.iter().flatten().max().map_or(0, |last| last + 1);
        Ok(Self {
            x: x.iter().copied().collect(),
            shape: x.shape().to_vec(),
            baseline,
            groups,
            runs: runs(groups),
            players,
            readout,
            filled: None,
        })
    }

    /// Fills in what is not known of a picture, whose planes have this height and width, from what is known around it;
    /// the baseline is left for a channel of which nothing is known.
    #[must_use]
    pub fn inpainting(mut self, size: (usize, usize)) -> Self {
        self.filled = Some(size);
        self
    }

    /// Adds the input as `coalition` leaves it to `rows`.
    fn lay_out(&self, coalition: &Coalition, rows: &mut Vec<f32>) {
        let known = |group: &Option<usize>| group.is_none_or(|group| coalition.contains(group));
        let first = rows.len();
        rows.extend_from_slice(self.baseline);
        for (at, _) in self.runs.iter().filter(|(_, group)| known(group)) {
            rows[first..][at.clone()].copy_from_slice(&self.x[at.clone()]);
        }
        let Some(size) = self.filled else { return };
        let plane = (size.0 * size.1).max(1);
        for (channel, groups) in rows[first..].chunks_mut(plane).zip(self.groups.chunks(plane)) {
            let hidden: Vec<bool> = groups.iter().map(|group| !known(group)).collect();
            inpaint(channel, size, &hidden);
        }
    }
}

/// Where the elements of one group follow each other: a picture has fewer such stretches than elements.
fn runs(groups: &[Option<usize>]) -> Vec<(Range<usize>, Option<usize>)> {
    let mut start = 0;
    let stretches = groups.chunk_by(|a, b| a == b);
    stretches
        .map(|stretch| {
            let at = start..start + stretch.len();
            start = at.end;
            (at, stretch[0])
        })
        .collect()
}

impl Game for PictureGame<'_> {
    fn players(&self) -> usize {
        self.players
    }

    fn values(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        let shape = self.shape.as_slice();
        let step = run.batch_of(shape);
        let mut all: Vec<f64> = Vec::new();
        let mut width = 0;
        for (number, part) in asked.chunks(step).enumerate() {
            run.check_cancelled()?;
            let mut rows: Vec<f32> = Vec::with_capacity(part.len() * self.x.len());
            for coalition in part {
                self.lay_out(coalition, &mut rows);
            }
            let full: Vec<usize> = std::iter::once(part.len()).chain(shape.iter().copied()).collect();
            let batch: Array = ArrayD::from_shape_vec(IxDyn(&full), rows)
                .map_err(|e| ModelError::Failed(format!("a batch could not be laid out: {e}")))?;
            let outputs = run.model().forward(&batch.view(), self.readout.output.as_deref())?;
            run.count_forward(part.len());
            for output in outputs.axis_iter(Axis(0)) {
                let row: ndarray::Array1<f64> = output.iter().map(|v| f64::from(*v)).collect();
                width = row.len();
                all.extend(in_space(row.view(), self.readout.space));
            }
            run.tell((number * step + part.len()).min(asked.len()), asked.len());
        }
        Array2::from_shape_vec((asked.len(), width), all)
            .map_err(|e| ModelError::Failed(format!("the model's outputs do not line up: {e}")).into())
    }
}
