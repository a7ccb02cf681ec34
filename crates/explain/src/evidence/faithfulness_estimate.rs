//! Does each part alone move the model as its attribution says? (Alvarez-Melis and Jaakkola 2018)

use super::exchange::{Exchange, changes};
use super::infidelity::said;
use super::statistics::{descending_order, pearson};
use crate::ExplainError;

/// Parts by falling attribution, `step` at a time; the last group may be smaller.
pub fn groups(attribution: &[f64], step: usize) -> Vec<Vec<usize>> {
    let order = descending_order(attribution);
    order.chunks(step.max(1)).map(<[usize]>::to_vec).collect()
}

/// Pearson's correlation, over groups of `step` parts by falling attribution, of the group's sum with
/// f(x) - f(x with the group alone at the baseline). None where either does not vary.
pub fn faithfulness_estimate(
    exchange: &mut dyn Exchange,
    attribution: &[f64],
    step: usize,
) -> Result<Option<f64>, ExplainError> {
    let groups = groups(attribution, step);
    let moved = changes(exchange, &groups)?;
    Ok(pearson(&said(attribution, &groups), &moved))
}
