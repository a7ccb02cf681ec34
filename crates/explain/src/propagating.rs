//! Backward passes of a method's own over many rows.

use glassboard_model::propagation::Share;
use glassboard_model::{ModelError, Propagation};
use ndarray::{ArrayD, IxDyn};

use crate::{Ask, ExplainError, Runner};

/// Writes the reference of row `i`.
pub type Reference<'a> = &'a dyn Fn(usize, &mut [f32]);

/// What came back for one row.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// Which row.
    pub row: usize,
    /// The explained scalar.
    pub score: f32,
    /// The same at the reference; 0 where there is none.
    pub reference_score: f32,
    /// Shape of what came back, without the batch axis.
    pub shape: &'a [usize],
    /// What came back to the input or the layer.
    pub arrived: &'a [f32],
}

/// Which made-up rows are propagated through.
pub struct Rows<'a> {
    /// How many.
    pub count: usize,
    /// The class of each.
    pub class: &'a dyn Fn(usize) -> usize,
    /// Writes each.
    pub fill: &'a dyn Fn(usize, &mut [f32]),
    /// Writes what stands beside each, where the way back compares.
    pub reference: Option<Reference<'a>>,
}

impl Runner<'_> {
    /// Propagates `rows` back from their targets to the input, or to the value named by `at`; `each` hears what came
    /// back, in order. The answer says what each value of the graph had together, row by row.
    pub fn propagate(
        &mut self,
        ask: &Ask<'_>,
        way: &dyn Propagation,
        at: Option<&str>,
        rows: &Rows<'_>,
        mut each: impl FnMut(Arrived<'_>),
    ) -> Result<Vec<Share>, ExplainError> {
        let row_shape = ask.row_shape().to_vec();
        let size: usize = row_shape.iter().product();
        let mut all: Vec<Share> = Vec::new();
        self.batches(&row_shape, rows.count, rows.fill, |me, first, x| {
            let count = x.shape()[0];
            let target = ask.target((first..first + count).map(rows.class).collect());
            let beside = rows.reference.map(|fill| {
                let mut buffer = vec![0.0f32; count * size];
                for (i, row) in buffer.chunks_exact_mut(size).enumerate() {
                    fill(first + i, row);
                }
                ArrayD::from_shape_vec(IxDyn(x.shape()), buffer)
            });
            let beside = beside.transpose();
            let beside = beside.map_err(|e| ModelError::Failed(format!("a batch could not be laid out: {e}")))?;
            let answer =
                me.model()
                    .propagate(&x.view(), beside.as_ref().map(|b| b.view()).as_ref(), &target, way, at)?;
            me.count_forward(count * if beside.is_some() { 2 } else { 1 });
            me.count_backward(count);
            let arrived = answer.arrived.as_standard_layout();
            let shape = arrived.shape()[1..].to_vec();
            let flat = arrived.as_slice().unwrap_or_default();
            let width = shape.iter().product::<usize>().max(1);
            for (i, row) in flat.chunks_exact(width).enumerate() {
                each(Arrived {
                    row: first + i,
                    score: answer.scores[i],
                    reference_score: answer.reference_scores.get(i).copied().unwrap_or_default(),
                    shape: &shape,
                    arrived: row,
                });
            }
            if let Some(node) = answer.stops.first() {
                me.remark(format!(
                    "Nothing goes back through {}: gradients stop there.",
                    nodes(node, answer.stops.len())
                ));
            }
            gather(&mut all, answer.shares, first);
            Ok(())
        })?;
        Ok(all)
    }

    /// [`Self::propagate`] for the rows of `ask`, without a reference, to the input.
    pub fn propagate_rows(
        &mut self,
        ask: &Ask<'_>,
        way: &dyn Propagation,
        each: impl FnMut(Arrived<'_>),
    ) -> Result<Vec<Share>, ExplainError> {
        let rows = Rows {
            count: ask.rows(),
            class: &|i| ask.targets[i],
            fill: &|i, row: &mut [f32]| row.copy_from_slice(ask.row(i)),
            reference: None,
        };
        self.propagate(ask, way, None, &rows, each)
    }
}

/// "`a`" or "`a` and 2 other nodes".
pub(crate) fn nodes(first: &str, count: usize) -> String {
    match count {
        0 | 1 => format!("`{first}`"),
        2 => format!("`{first}` and another node"),
        more => format!("`{first}` and {} other nodes", more - 1),
    }
}

/// Adds the shares of the rows from `first` on; what a batch did not reach has none in it.
fn gather(all: &mut Vec<Share>, more: Vec<Share>, first: usize) {
    if first == 0 {
        *all = more;
        return;
    }
    all.retain(|share| more.iter().any(|m| m.value == share.value));
    for share in all {
        for more in more.iter().filter(|m| m.value == share.value) {
            share.sum.extend(&more.sum);
            share.magnitude.extend(&more.magnitude);
        }
    }
}
