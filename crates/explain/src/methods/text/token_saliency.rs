//! The length of the gradient at each token's embedding (Li et al. 2016, arXiv:1506.01066).

use glassboard_model::Array;

use crate::text::AskText;
use crate::text::embedding::{gradient, per_place};
use crate::{ExplainError, Runner};

/// `[rows, tokens]`: the Euclidean length, or the sum of sizes where `euclidean` is false.
pub fn token_saliency(run: &mut Runner<'_>, text: &AskText<'_>, euclidean: bool) -> Result<Array, ExplainError> {
    let found = gradient(run, text)?;
    per_place(&found, |_, g| {
        if euclidean {
            g.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()
        } else {
            g.iter().map(|v| f64::from(*v).abs()).sum()
        }
    })
}
