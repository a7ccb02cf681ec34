//! Shapley values feature by feature from random orders and background rows (Strumbelj & Kononenko 2010, 2014).

use ndarray::Array2;

use super::kernel_shap::alone;
use crate::game::{Coalition, Game, Round, Shares};
use crate::random::Counter;
use crate::{ExplainError, Runner};

/// Stream of [`Counter`] for the draws; each player has its own indices.
const STREAM: u64 = 54;
/// Rounds after the first.
const ROUNDS: usize = 8;

/// The share of every player from about `samples` differences f(with it) - f(without it), at random moments of random
/// orders against random background rows. After a first round, players whose differences vary more get more of them,
/// as the variance of the sum asks. What the sum misses is given to the players by their variance.
pub fn sampling_shap(
    run: &mut Runner<'_>,
    game: &dyn Game,
    samples: usize,
    seed: u64,
    round: Round<'_>,
) -> Result<Shares, ExplainError> {
    let players = game.players();
    let ends = game.values(run, &[Coalition::empty(players), Coalition::full(players)])?;
    let (base, total) = (ends.row(0).to_vec(), ends.row(1).to_vec());
    if players < 2 {
        return Ok(alone(players, base, &total));
    }
    let outputs = base.len();
    let mut counts = vec![0usize; players];
    let mut mean = Array2::<f64>::zeros((players, outputs));
    let mut squares = Array2::<f64>::zeros((players, outputs));
    let mut spent = 0;
    for number in 0..=ROUNDS {
        let budget = if number == 0 {
            samples / 4
        } else {
            samples * 3 / 4 / ROUNDS
        };
        let more = allot(&counts, &squares, budget, number == 0);
        let mut asked = Vec::new();
        for (player, count) in more.iter().enumerate() {
            for k in counts[player]..counts[player] + count {
                let mut random = Counter::new(seed, STREAM, (k * players + player) as u64);
                let part = random.below(game.parts());
                let order = random.permutation(players);
                let before = order.into_iter().take_while(|other| *other != player);
                let without = Coalition::of(players, before);
                let mut with = without.clone();
                with.insert(player);
                asked.push((part, with));
                asked.push((part, without));
            }
        }
        let values = game.part_values(run, &asked)?;
        spent += asked.len();
        let mut at = 0;
        for (player, count) in more.iter().enumerate() {
            for _ in 0..*count {
                counts[player] += 1;
                for output in 0..outputs {
                    let gain = values[[at, output]] - values[[at + 1, output]];
                    let off = gain - mean[[player, output]];
                    mean[[player, output]] += off / counts[player] as f64;
                    squares[[player, output]] += off * (gain - mean[[player, output]]);
                }
                at += 2;
            }
        }
        let variance = |player: usize, output: usize| {
            let count = counts[player] as f64;
            squares[[player, output]] / (count - 1.0).max(1.0) / count.max(1.0)
        };
        let mut shares = mean.clone();
        let mut error = Array2::zeros(mean.dim());
        for output in 0..outputs {
            let missing = total[output] - base[output] - mean.column(output).sum();
            let all: f64 = (0..players).map(|player| variance(player, output)).sum();
            for player in 0..players {
                let own = variance(player, output);
                let part = if all > 0.0 { own / all } else { 1.0 / players as f64 };
                shares[[player, output]] += missing * part;
                error[[player, output]] = own.sqrt();
            }
        }
        let shares = Shares {
            base: base.clone(),
            values: shares,
            error: Some(error),
            evaluations: spent + 2,
        };
        if round(run, &shares) || number == ROUNDS {
            return Ok(shares);
        }
    }
    Ok(alone(players, base, &total))
}

/// How many more differences each player gets: alike at first, then so that counts follow standard deviations.
fn allot(counts: &[usize], squares: &Array2<f64>, budget: usize, first: bool) -> Vec<usize> {
    if first {
        return vec![(budget / counts.len()).max(2); counts.len()];
    }
    let deviation: Vec<f64> = counts
        .iter()
        .zip(squares.rows())
        .map(|(count, row)| (row.sum() / (*count as f64 - 1.0).max(1.0)).sqrt())
        .collect();
    let sum: f64 = deviation.iter().sum();
    let all = budget + counts.iter().sum::<usize>();
    let lacking = |(count, deviation): (&usize, &f64)| {
        let wanted = if sum > 0.0 { all as f64 * deviation / sum } else { 0.0 };
        (wanted - *count as f64).max(0.0)
    };
    let lacks: Vec<f64> = counts.iter().zip(&deviation).map(lacking).collect();
    let lack: f64 = lacks.iter().sum();
    let share = |l: &f64| {
        if lack > 0.0 {
            (budget as f64 * l / lack).round() as usize
        } else {
            0
        }
    };
    lacks.iter().map(share).collect()
}
