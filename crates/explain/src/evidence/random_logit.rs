//! Is the explanation of another class another one? (Sixt et al. 2020)

use glassboard_model::{Array, Model};
use serde::Serialize;

use super::mprt::ExplainUnder;
use super::statistics::{magnitudes, spearman};
use crate::ExplainError;
use crate::random::Counter;

/// Stream of [`Counter`] for the class.
const STREAM: u64 = 84;

/// The explanation beside that of another class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RandomLogit {
    /// The other class.
    pub class: usize,
    /// Spearman's correlation of the two explanations' magnitudes; none where one does not vary.
    pub similarity: Option<f64>,
}

/// Explains `x` (one row) for a class drawn among the others of `classes`; none where there is no other.
pub fn random_logit(
    model: &dyn Model,
    x: &Array,
    (class, classes): (usize, usize),
    own: &[f64],
    seed: u64,
    explain: &mut ExplainUnder<'_>,
) -> Result<Option<RandomLogit>, ExplainError> {
    if classes < 2 {
        return Ok(None);
    }
    let drawn = Counter::new(seed, STREAM, 0).below(classes - 1);
    let other = if drawn >= class { drawn + 1 } else { drawn };
    let map = explain(model, x, other)?;
    Ok(Some(RandomLogit {
        class: other,
        similarity: spearman(&magnitudes(own), &magnitudes(&map)),
    }))
}
