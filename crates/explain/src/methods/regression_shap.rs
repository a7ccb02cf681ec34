//! Regression-adjusted sampling (Witter, Liu & Musco 2025): boosted trees learn the game, their exact Shapley values
//! are the first answer, and what they get wrong is measured on coalitions they have not seen and added.

use ndarray::Array2;

use super::kernel_shap::alone;
use crate::game::{Coalition, Game, Round, Shares};
use crate::random::Counter;
use crate::shapley::draw::{self, Drawn, GROUPS, Leverage};
use crate::shapley::fit::{Fit, mean_of};
use crate::shapley::trees::Boosted;
use crate::{ExplainError, Runner};

/// Stream of [`Counter`] for the coalitions.
const STREAM: u64 = 55;
/// Stream of [`Counter`] for the order of listed subsets.
const LISTS: u64 = 56;
/// Folds: each is corrected by what the trees of the others get wrong on it.
const FOLDS: usize = 5;

/// The share of every player from `coalitions` coalitions, each asked of all background rows; exact where that is all
/// of them.
pub fn regression_shap(
    run: &mut Runner<'_>,
    game: &dyn Game,
    coalitions: Option<usize>,
    seed: u64,
    round: Round<'_>,
) -> Result<Shares, ExplainError> {
    let players = game.players();
    let ends = game.values(run, &[Coalition::empty(players), Coalition::full(players)])?;
    let (base, total) = (ends.row(0).to_vec(), ends.row(1).to_vec());
    if players < 2 {
        return Ok(alone(players, base, &total));
    }
    let wanted = coalitions.unwrap_or(2 * players + 2048).max(2 * players);
    let mut leverage = Leverage::new(players, draw::at_most(players, wanted), seed, LISTS);
    let drawn: Vec<Drawn> = leverage
        .deal(&mut Counter::new(seed, STREAM, 0))
        .into_iter()
        .map(|(_, one)| one)
        .collect();
    let asked: Vec<Coalition> = drawn.iter().map(|one| one.coalition.clone()).collect();
    let values = game.values(run, &asked)?;
    // Pairs stay together: a fold holds every FOLDS-th of them.
    let fold = |at: usize| at / 2 % FOLDS;
    let outputs = base.len();
    let mut learned = vec![Array2::<f64>::zeros((players, outputs)); FOLDS];
    let mut guess = Array2::<f64>::zeros(values.dim());
    let mut ends_of = vec![(vec![0.0; outputs], vec![0.0; outputs]); FOLDS];
    // Where all coalitions are known there is nothing to learn: the fit alone is exact.
    let learns = leverage.stands_for() > 0.0;
    for output in (0..outputs).filter(|_| learns) {
        for out in 0..FOLDS {
            run.check_cancelled()?;
            let known: Vec<usize> = (0..drawn.len()).filter(|at| fold(*at) != out).collect();
            let sets: Vec<&Coalition> = known.iter().map(|at| &asked[*at]).collect();
            let truth: Vec<f64> = known.iter().map(|at| values[[*at, output]] - base[output]).collect();
            let trees = Boosted::fit(&sets, &truth);
            for (player, share) in trees.shares(players).into_iter().enumerate() {
                learned[out][[player, output]] = share;
            }
            ends_of[out].0[output] = trees.value(&Coalition::empty(players));
            ends_of[out].1[output] = trees.value(&Coalition::full(players));
            for at in (0..drawn.len()).filter(|at| fold(*at) == out) {
                guess[[at, output]] = trees.value(&asked[at]);
            }
        }
    }
    // One fit of what is left, each coalition less the guess of trees that did not see it; the ends are known exactly.
    let mean = |of: &dyn Fn(usize) -> f64| (0..FOLDS).map(of).sum::<f64>() / FOLDS as f64;
    let start: Vec<f64> = (0..outputs).map(|o| -mean(&|f| ends_of[f].0[o])).collect();
    let end: Vec<f64> = (0..outputs)
        .map(|o| total[o] - base[o] - mean(&|f| ends_of[f].1[o]))
        .collect();
    let mut fit = Fit::new(players, &start, &end, GROUPS, leverage.stands_for());
    for (at, one) in drawn.iter().enumerate() {
        let left: Vec<f64> = (0..outputs)
            .map(|o| values[[at, o]] - base[o] - guess[[at, o]])
            .collect();
        fit.add(&one.coalition, one.weight, one.group, &left);
    }
    let (rest, error) = mean_of(std::slice::from_ref(&fit))?;
    let learned = learned.iter().fold(Array2::zeros(rest.dim()), |sum, one| sum + one) / FOLDS as f64;
    let shares = Shares {
        base,
        values: learned + rest,
        error,
        evaluations: drawn.len() + 2,
    };
    let _ = round(run, &shares);
    Ok(shares)
}
