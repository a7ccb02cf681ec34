//! DeepLIFT with the rescale rule (Shrikumar et al. 2017), and its mean over background rows (DeepLIFT SHAP, Lundberg and
//! Lee 2017).

use glassboard_model::Array;
use glassboard_model::propagation::Share;

use super::{array, to_f32};
use crate::deeplift::Rescale;
use crate::propagating::Rows;
use crate::{Ask, ExplainError, Runner};

/// Attributions and what they add up to.
#[derive(Debug, Clone)]
pub struct Lifted {
    /// Multiplier times difference from the reference, shape of `ask.x` (or of the layer).
    pub attribution: Array,
    /// Sum of the attributions minus (f(x) - f(reference)), a row; several references: minus the mean of f over them.
    pub gaps: Vec<f64>,
    /// What each value of the graph accounts for together, for the first of several references.
    pub shares: Vec<Share>,
}

/// Against `references`, one row or several one after another; several are averaged. The mean runs in their order.
pub fn deeplift(run: &mut Runner<'_>, ask: &Ask<'_>, references: &[f32]) -> Result<Lifted, ExplainError> {
    let size: usize = ask.row_shape().iter().product();
    let count = references.len() / size.max(1);
    if count == 0 || references.len() != count * size {
        return Err(ExplainError::parameters(format!(
            "DeepLIFT compares with rows of {size} numbers, and was given {}",
            references.len()
        )));
    }
    let reference_of = |i: usize| &references[i % count * size..][..size];
    let rows = Rows {
        count: ask.rows() * count,
        class: &|i| ask.targets[i / count],
        fill: &|i, row: &mut [f32]| row.copy_from_slice(ask.row(i / count)),
        reference: Some(&|i, row: &mut [f32]| row.copy_from_slice(reference_of(i))),
    };
    let mut sums = vec![0.0f64; ask.x.len()];
    let mut gaps = vec![0.0f64; ask.rows()];
    let shares = run.propagate(ask, &Rescale, None, &rows, |back| {
        let (row, reference) = (back.row / count, reference_of(back.row));
        let here = &mut sums[row * size..][..size];
        let mut total = 0.0;
        for (((sum, m), x), b) in here.iter_mut().zip(back.arrived).zip(ask.row(row)).zip(reference) {
            let share = f64::from(*m) * (f64::from(*x) - f64::from(*b));
            *sum += share;
            total += share;
        }
        gaps[row] += total - (f64::from(back.score) - f64::from(back.reference_score));
    })?;
    let scale = 1.0 / count as f64;
    for gap in &mut gaps {
        *gap *= scale;
    }
    Ok(Lifted {
        attribution: array(ask.rows(), ask.row_shape(), to_f32(&sums, scale))?,
        gaps,
        shares: every(shares, count),
    })
}

/// The shares of every `step`-th row.
fn every(shares: Vec<Share>, step: usize) -> Vec<Share> {
    let thinned = |values: Vec<f64>| values.into_iter().step_by(step).collect();
    let thin = |share: Share| Share {
        sum: thinned(share.sum),
        magnitude: thinned(share.magnitude),
        value: share.value,
    };
    shares.into_iter().map(thin).collect()
}
