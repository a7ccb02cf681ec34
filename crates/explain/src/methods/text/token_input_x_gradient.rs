//! The gradient at each token's embedding times the embedding, summed.

use glassboard_model::Array;

use crate::text::AskText;
use crate::text::embedding::{gradient, per_place};
use crate::{ExplainError, Runner};

/// `[rows, tokens]`.
pub fn token_input_x_gradient(run: &mut Runner<'_>, text: &AskText<'_>) -> Result<Array, ExplainError> {
    let found = gradient(run, text)?;
    per_place(&found, |e, g| {
        e.iter().zip(g).map(|(e, g)| f64::from(*e) * f64::from(*g)).sum()
    })
}
