//! Owen values of the tokens of a sentence over its halves (Owen 1977), as shap's Partition explainer defines them.

use crate::game::Shares;
use crate::methods::partition_shap::partition_shap;
use crate::text::game::{TokenGame, tree};
use crate::text::{Absent, AskText};
use crate::{ExplainError, Runner};

/// The shares of each sentence's tokens, all outputs, from at most `most` subsets of them.
pub fn partition_shap_tokens(
    run: &mut Runner<'_>,
    text: &AskText<'_>,
    absent: Absent,
    most: usize,
) -> Result<Vec<Shares>, ExplainError> {
    text.can(absent)?;
    let mut all = Vec::with_capacity(text.rows());
    for row in 0..text.rows() {
        let game = TokenGame::new(text, row, absent);
        all.push(partition_shap(
            run,
            &game,
            &tree(&text.words[row]),
            Some(most),
            &mut |_, _| false,
        )?);
    }
    Ok(all)
}
