//! Exact Shapley values, from the values of all coalitions (Shapley 1953).

use ndarray::Array2;

use crate::game::{Coalition, Game, Round, Shares};
use crate::shapley::fit::choose;
use crate::{ExplainError, Runner};

/// Most players: 2^20 coalitions.
pub const MOST: usize = 20;
/// Coalitions asked for at once.
const BLOCK: usize = 4096;

/// The share of every player. Sums run in the order of the coalitions, whatever the batches.
///
/// # Errors
/// A sentence where there are more than [`MOST`] players.
pub fn exact_shapley(run: &mut Runner<'_>, game: &dyn Game, round: Round<'_>) -> Result<Shares, ExplainError> {
    let players = game.players();
    check(players, MOST, "kernel_shap or leverage_shap")?;
    // A member's share rises by w(s-1) v(S), everybody else's falls by w(s) v(S).
    let weight: Vec<f64> = (0..players)
        .map(|s| 1.0 / (players as f64 * choose(players - 1, s)))
        .collect();
    let all = 1usize << players;
    let mut base = Vec::new();
    let mut shares = Array2::<f64>::zeros((players, 0));
    let mut first = 0;
    while first < all {
        let end = (first + BLOCK).min(all);
        let asked: Vec<Coalition> = (first..end)
            .map(|bits| Coalition::from_bits(players, bits as u64))
            .collect();
        let values = game.values(run, &asked)?;
        if first == 0 {
            base = values.row(0).to_vec();
            shares = Array2::zeros((players, base.len()));
        }
        for (coalition, value) in asked.iter().zip(values.rows()) {
            let size = coalition.size();
            for (player, mut share) in shares.rows_mut().into_iter().enumerate() {
                let factor = if coalition.contains(player) {
                    weight[size - 1]
                } else {
                    -weight[size]
                };
                // Differences from the base keep small shares exact.
                let pairs = share.iter_mut().zip(value).zip(&base);
                pairs.for_each(|((share, v), base)| *share += factor * (v - base));
            }
        }
        first = end;
    }
    let shares = Shares {
        base,
        values: shares,
        error: None,
        evaluations: all,
    };
    let _ = round(run, &shares);
    Ok(shares)
}

/// The sentence for too many players.
pub(super) fn check(players: usize, most: usize, instead: &str) -> Result<(), ExplainError> {
    if players > most {
        return Err(ExplainError::parameters(format!(
            "exact values of {players} features need 2^{players} coalitions, and the most this method takes is \
             2^{most}; use {instead}, or take features together in groups"
        )));
    }
    Ok(())
}
