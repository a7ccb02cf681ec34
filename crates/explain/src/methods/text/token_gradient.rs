//! The gradient at each token's embedding, summed with its sign.

use glassboard_model::Array;

use crate::text::AskText;
use crate::text::embedding::{gradient, per_place};
use crate::{ExplainError, Runner};

/// `[rows, tokens]`.
pub fn token_gradient(run: &mut Runner<'_>, text: &AskText<'_>) -> Result<Array, ExplainError> {
    let found = gradient(run, text)?;
    per_place(&found, |_, g| g.iter().map(|v| f64::from(*v)).sum())
}
