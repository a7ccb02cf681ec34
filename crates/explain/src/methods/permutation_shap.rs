//! Shapley values from random orders of the players, each walked forward and backward (Mitchell et al. 2022).

use ndarray::Array2;

use super::kernel_shap::alone;
use crate::game::{Coalition, Game, Round, Shares};
use crate::random::Counter;
use crate::{ExplainError, Runner};

/// Stream of [`Counter`] for the orders.
const STREAM: u64 = 53;
/// Rounds in which they are walked.
const ROUNDS: usize = 8;

/// The share of every player from `permutations` orders: what the players add as they come in one after the other, in
/// the order and in its reverse. Exact where no more than two players interact at a time; always adds up.
///
/// Every background row is walked in orders of its own, where the game can be asked so.
pub fn permutation_shap(
    run: &mut Runner<'_>,
    game: &dyn Game,
    permutations: usize,
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
    let outputs = base.len();
    let mut mean = Array2::<f64>::zeros((players, outputs));
    let mut squares = Array2::<f64>::zeros((players, outputs));
    let mut done = 0;
    let mut evaluations = parts + 1;
    for number in 1..=ROUNDS {
        let until = permutations * number / ROUNDS;
        while done < until {
            let orders: Vec<Vec<usize>> = (0..parts)
                .map(|part| Counter::new(seed, STREAM, (done * parts + part) as u64).permutation(players))
                .collect();
            let gains = walk(run, game, &orders, &bases, &total)?;
            evaluations += 2 * parts * (players - 1);
            done += 1;
            // Welford: the mean and the squares around it, in the order of the permutations.
            let off = &gains - &mean;
            mean += &(&off / done as f64);
            squares += &(&off * &(&gains - &mean));
        }
        let error = (done > 2).then(|| squares.mapv(|v| (v / (done as f64 - 1.0) / done as f64).sqrt()));
        let shares = Shares {
            base: base.clone(),
            values: mean.clone(),
            error,
            evaluations,
        };
        if done > 0 && (round(run, &shares) || number == ROUNDS) {
            return Ok(shares);
        }
    }
    Err(ExplainError::parameters("permutations must be at least 1"))
}

/// What every player adds along one order a part and its reverse, on average.
fn walk(
    run: &mut Runner<'_>,
    game: &dyn Game,
    orders: &[Vec<usize>],
    bases: &Array2<f64>,
    total: &[f64],
) -> Result<Array2<f64>, ExplainError> {
    let players = game.players();
    let backward = |order: &Vec<usize>| order.iter().rev().copied().collect::<Vec<usize>>();
    let both: Vec<(usize, Vec<usize>)> = orders
        .iter()
        .enumerate()
        .flat_map(|(part, order)| [(part, order.clone()), (part, backward(order))])
        .collect();
    let mut asked = Vec::with_capacity(both.len() * (players - 1));
    for (part, order) in &both {
        let mut coalition = Coalition::empty(players);
        for &player in &order[..players - 1] {
            coalition.insert(player);
            asked.push((*part, coalition.clone()));
        }
    }
    let values = game.part_values(run, &asked)?;
    let mut gains = Array2::zeros((players, total.len()));
    let share = both.len() as f64;
    for (walk, (part, order)) in both.iter().enumerate() {
        for output in 0..total.len() {
            let mut before = bases[[*part, output]];
            for (step, &player) in order.iter().enumerate() {
                let after = if step + 1 < players {
                    values[[walk * (players - 1) + step, output]]
                } else {
                    total[output]
                };
                gains[[player, output]] += (after - before) / share;
                before = after;
            }
        }
    }
    Ok(gains)
}
