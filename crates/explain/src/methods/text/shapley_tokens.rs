//! Exact Shapley values of the tokens of a sentence.

use crate::game::{Game, Shares};
use crate::methods::exact_shapley::exact_shapley;
use crate::text::game::TokenGame;
use crate::text::{Absent, AskText};
use crate::{ExplainError, Runner};

/// Most tokens: 2^16 sentences.
pub const MOST: usize = 16;

/// The shares of each sentence's tokens, all outputs.
///
/// # Errors
/// A sentence where there are more than [`MOST`] tokens.
pub fn shapley_tokens(run: &mut Runner<'_>, text: &AskText<'_>, absent: Absent) -> Result<Vec<Shares>, ExplainError> {
    text.can(absent)?;
    let mut all = Vec::with_capacity(text.rows());
    for row in 0..text.rows() {
        let game = TokenGame::new(text, row, absent);
        if game.players() > MOST {
            return Err(ExplainError::parameters(format!(
                "exact values of {} tokens need 2^{0} passes, and the most this method takes is 2^{MOST}; use partition_shap_tokens",
                game.players()
            )));
        }
        all.push(exact_shapley(run, &game, &mut |_, _| false)?);
    }
    Ok(all)
}
