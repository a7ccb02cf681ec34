//! Shapley values by least squares over coalitions drawn by leverage, each against one background row.
//!
//! Coalitions come in pairs with their complements, without repeats (Musco & Witter 2024). Instead of asking all
//! background rows about the same coalitions, every background row is asked about its own and fitted for itself; the
//! mean of the fits is the answer, as Shapley values are linear in the game. The errors of the fits are then
//! independent and average out, where shared coalitions would repeat one error in every row.

use ndarray::Array2;

use super::kernel_shap::alone;
use crate::game::{Coalition, Game, Round, Shares};
use crate::random::Counter;
use crate::shapley::draw::{self, Drawn, GROUPS, Leverage};
use crate::shapley::fit::{Fit, mean_of};
use crate::{ExplainError, Runner};

/// Stream of [`Counter`] for the coalitions.
const STREAM: u64 = 51;
/// Stream of [`Counter`] for the order of listed subsets.
const LISTS: u64 = 52;
/// Rounds in which they are asked for.
const ROUNDS: usize = 4;

/// The share of every player from `coalitions` coalitions a background row (at least two a player); exact where that
/// is all of them.
pub fn leverage_shap(
    run: &mut Runner<'_>,
    game: &dyn Game,
    coalitions: Option<usize>,
    seed: u64,
    round: Round<'_>,
) -> Result<Shares, ExplainError> {
    let (players, parts) = (game.players(), game.parts());
    let total = game.values(run, &[Coalition::full(players)])?.row(0).to_vec();
    let asked: Vec<(usize, Coalition)> = (0..parts).map(|part| (part, Coalition::empty(players))).collect();
    let bases = game.part_values(run, &asked)?;
    let base: Vec<f64> = bases.columns().into_iter().map(|c| c.sum() / parts as f64).collect();
    if players < 2 {
        return Ok(alone(players, base, &total));
    }
    let wanted = coalitions.unwrap_or(2 * players + 2048).max(2 * players);
    let mut leverage = Leverage::new(players, draw::at_most(players, wanted), seed, LISTS);
    let stands_for = leverage.stands_for();
    let mut dealt: Vec<Vec<(f64, Drawn)>> = (0..parts)
        .map(|part| leverage.deal(&mut Counter::new(seed, STREAM, part as u64)))
        .collect();
    let mut fits: Vec<Fit> = bases
        .rows()
        .into_iter()
        .map(|base| Fit::new(players, &base.to_vec(), &total, GROUPS, stands_for))
        .collect();
    let mut evaluations = parts + 1;
    for number in 1..=ROUNDS {
        let until = number as f64 / ROUNDS as f64;
        let due = |at: f64| number == ROUNDS || at < until;
        let mut now: Vec<(usize, Coalition)> = Vec::new();
        let mut how: Vec<(f64, Option<usize>)> = Vec::new();
        for (part, drawn) in dealt.iter_mut().enumerate() {
            for (_, one) in drawn.extract_if(.., |(at, _)| due(*at)) {
                how.push((one.weight, one.group));
                now.push((part, one.coalition));
            }
        }
        let values = game.part_values(run, &now)?;
        evaluations += now.len();
        for (((part, coalition), (weight, group)), value) in now.iter().zip(how).zip(values.rows()) {
            fits[*part].add(coalition, weight, group, &value.to_vec());
        }
        let (values, error): (Array2<f64>, _) = mean_of(&fits)?;
        let shares = Shares {
            base: base.clone(),
            values,
            error,
            evaluations,
        };
        if round(run, &shares) || dealt.iter().all(Vec::is_empty) {
            return Ok(shares);
        }
    }
    Ok(alone(players, base, &total))
}
