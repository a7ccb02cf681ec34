//! The game of groups of elements of any input, those not known replaced by a baseline: superpixels and cells of a
//! picture, tokens of a text.

use glassboard_model::{Array, ModelError, View};
use ndarray::{Array2, ArrayD, Axis, IxDyn};

use super::{Coalition, Game};
use crate::rows::in_space;
use crate::{ExplainError, Readout, Runner};

/// Rows run at once where the model does not take more.
const BATCH_ROWS: usize = 64;

/// v(S) = f(x where the element's group is in S, the baseline elsewhere), for all outputs at once.
pub struct PictureGame<'a> {
    x: View<'a>,
    baseline: &'a [f32],
    groups: &'a [Option<usize>],
    players: usize,
    readout: Readout,
}

impl<'a> PictureGame<'a> {
    /// One row `x` (without the batch axis) and, per element, its baseline and its group; elements of no group are
    /// always known.
    ///
    /// # Errors
    /// A sentence where the lengths do not fit.
    pub fn new(
        x: View<'a>,
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
            x,
            baseline,
            groups,
            players,
            readout,
        })
    }
}

impl Game for PictureGame<'_> {
    fn players(&self) -> usize {
        self.players
    }

    fn values(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        let shape = self.x.shape();
        let pass = run.model().rows_per_pass(shape).max(1);
        let step = run.batch_rows().unwrap_or_else(|| (BATCH_ROWS / pass).max(1) * pass);
        let mut all: Vec<f64> = Vec::new();
        let mut width = 0;
        for (number, part) in asked.chunks(step).enumerate() {
            run.check_cancelled()?;
            let mut rows: Vec<f32> = Vec::with_capacity(part.len() * self.x.len());
            for coalition in part {
                let known = |group: &Option<usize>| group.is_none_or(|group| coalition.contains(group));
                let elements = self.x.iter().zip(self.baseline).zip(self.groups);
                rows.extend(elements.map(|((x, baseline), group)| if known(group) { *x } else { *baseline }));
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
