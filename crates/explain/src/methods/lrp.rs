//! Layer-wise relevance propagation (Bach et al. 2015).

use glassboard_model::Array;
use glassboard_model::propagation::Share;

use super::array;
use crate::lrp::{Composite, Lrp};
use crate::propagating::nodes;
use crate::{Ask, ExplainError, Runner};

/// Relevances and what they add up to.
#[derive(Debug, Clone)]
pub struct Relevances {
    /// Relevance of every element of the input, shape of `ask.x`.
    pub attribution: Array,
    /// Sum of the relevances minus the explained number, a row: what the rules absorbed or added.
    pub gaps: Vec<f64>,
    /// What each value of the graph has together.
    pub shares: Vec<Share>,
    /// Nodes whose operator has no rule; they were passed by their first-order term.
    pub assumed: Vec<String>,
}

/// By the rules of `composite`.
pub fn lrp(run: &mut Runner<'_>, ask: &Ask<'_>, composite: Composite) -> Result<Relevances, ExplainError> {
    let way = Lrp::new(composite);
    let mut out = Vec::with_capacity(ask.x.len());
    let mut gaps = Vec::with_capacity(ask.rows());
    let shares = run.propagate_rows(ask, &way, |back| {
        out.extend_from_slice(back.arrived);
        let sum: f64 = back.arrived.iter().map(|v| f64::from(*v)).sum();
        gaps.push(sum - f64::from(back.score));
    })?;
    let assumed = way.assumed();
    if let Some(first) = assumed.first() {
        run.remark(format!(
            "There is no rule for {}: relevance passes there in proportion to input times derivative.",
            nodes(first, assumed.len())
        ));
    }
    Ok(Relevances {
        attribution: array(ask.rows(), ask.row_shape(), out)?,
        gaps,
        shares,
        assumed,
    })
}
