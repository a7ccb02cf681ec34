//! `KernelSHAP` (Lundberg & Lee 2017), its coalitions drawn as the library shap 0.51 draws them.

use ndarray::Array2;

use crate::game::{Coalition, Game, Round, Shares};
use crate::random::Counter;
use crate::shapley::draw::{self, Drawn, GROUPS};
use crate::shapley::fit::{Fit, mean_of};
use crate::shapley::select::{Keep, select};
use crate::{ExplainError, Runner};

/// Stream of [`Counter`] for the coalitions.
const STREAM: u64 = 50;
/// Rounds in which they are asked for.
const ROUNDS: usize = 8;

/// How coalitions are chosen and fitted.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many coalitions, besides nobody and everybody; none: 2 x players + 2048.
    pub coalitions: Option<usize>,
    /// Which players keep a share.
    pub keep: Keep,
    /// Seed of the draws.
    pub seed: u64,
}

/// The share of every player. Exact where all coalitions are within the budget.
pub fn kernel_shap(
    run: &mut Runner<'_>,
    game: &dyn Game,
    options: &Options,
    round: Round<'_>,
) -> Result<Shares, ExplainError> {
    let players = game.players();
    let ends = game.values(run, &[Coalition::empty(players), Coalition::full(players)])?;
    let (base, total) = (ends.row(0).to_vec(), ends.row(1).to_vec());
    if players < 2 {
        return Ok(alone(players, base, &total));
    }
    let count = draw::at_most(players, options.coalitions.unwrap_or(2 * players + 2048));
    let mut random = Counter::new(options.seed, STREAM, 0);
    let (drawn, stands_for) = draw::kernel(players, count, &mut random);
    let fixed = drawn.iter().filter(|one| one.group.is_none()).count();
    let rest = drawn.len() - fixed;
    let mut fit = Fit::new(players, &base, &total, GROUPS, stands_for);
    let mut values = Array2::zeros((0, base.len()));
    let mut asked = 0;
    for number in 1..=ROUNDS {
        let end = fixed + rest * number / ROUNDS;
        if end == asked {
            continue;
        }
        let part = &drawn[asked..end];
        let coalitions: Vec<Coalition> = part.iter().map(|one| one.coalition.clone()).collect();
        let found = game.values(run, &coalitions)?;
        for (one, value) in part.iter().zip(found.rows()) {
            fit.add(&one.coalition, one.weight, one.group, &value.to_vec());
        }
        let joined = ndarray::concatenate(ndarray::Axis(0), &[values.view(), found.view()]);
        values = joined.map_err(|e| ExplainError::parameters(format!("the values do not line up: {e}")))?;
        asked = end;
        let (shares, error) = mean_of(std::slice::from_ref(&fit))?;
        let shares = Shares {
            base: base.clone(),
            values: shares,
            error,
            evaluations: asked + 2,
        };
        if round(run, &shares) || asked == drawn.len() {
            return match options.keep {
                Keep::All => Ok(shares),
                _ => Ok(Shares {
                    values: solve(&drawn[..asked], &values, &base, &total, &options.keep)?,
                    ..shares
                }),
            };
        }
    }
    Ok(alone(players, base, &total))
}

/// The shares that fit the given coalitions best, of those players that `keep` leaves.
///
/// `values` is `[coalitions, outputs]`, `base` and `total` the values of nobody and everybody.
pub fn solve(
    drawn: &[Drawn],
    values: &Array2<f64>,
    base: &[f64],
    total: &[f64],
    keep: &Keep,
) -> Result<Array2<f64>, ExplainError> {
    let Some(players) = drawn.first().map(|one| one.coalition.players()) else {
        return Err(ExplainError::parameters("there is no coalition to fit"));
    };
    let mut shares = Array2::zeros((players, base.len()));
    for output in 0..base.len() {
        let ends = (base[output], total[output]);
        let kept = select(drawn, &values.column(output).to_vec(), ends, keep)?;
        if kept.is_empty() {
            continue;
        }
        let mut fit = Fit::new(kept.len(), &[ends.0], &[ends.1], 0, 0.0);
        for (one, value) in drawn.iter().zip(values.column(output)) {
            let members = kept
                .iter()
                .enumerate()
                .filter(|(_, player)| one.coalition.contains(**player));
            let coalition = Coalition::of(kept.len(), members.map(|(place, _)| place));
            fit.add(&coalition, one.weight, None, &[*value]);
        }
        let found = fit.shares(None)?;
        for (place, player) in kept.iter().enumerate() {
            shares[[*player, output]] = found[[place, 0]];
        }
    }
    Ok(shares)
}

/// Nobody to share with: one player takes everything.
pub(super) fn alone(players: usize, base: Vec<f64>, total: &[f64]) -> Shares {
    let mut values = Array2::zeros((players, base.len()));
    for output in 0..base.len() {
        if players == 1 {
            values[[0, output]] = total[output] - base[output];
        }
    }
    Shares {
        error: Some(Array2::zeros(values.dim())),
        base,
        values,
        evaluations: 2,
    }
}
