//! Exact interactions of pairs of features, from the values of all coalitions.

use ndarray::{Array3, ArrayD};

use super::exact_shapley::check;
use crate::game::{Coalition, Game};
use crate::shapley::fit::choose;
use crate::{ExplainError, Runner};

/// Most players: all values are held at once.
pub const MOST: usize = 16;

/// How a pair's synergy is averaged over the coalitions of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// Shapley-Taylor of order 2 (Sundararajan et al. 2020): the diagonal is what a feature does alone.
    Taylor,
    /// Shapley interaction index (Grabisch & Roubens 1999) as `TreeSHAP` shows it: the diagonal is what is left of
    /// the feature's Shapley value.
    Shapley,
}

/// What pairs of players share.
#[derive(Debug, Clone)]
pub struct Interactions {
    /// The value with nobody in, `[outputs]`.
    pub base: Vec<f64>,
    /// `[players, players, outputs]`: a pair's interaction is halved on both sides; all together add up to
    /// v(everybody) - v(nobody).
    pub values: Array3<f64>,
}

/// Interactions of every pair.
///
/// # Errors
/// A sentence where there are more than [`MOST`] players.
pub fn exact_interactions(run: &mut Runner<'_>, game: &dyn Game, index: Index) -> Result<Interactions, ExplainError> {
    let players = game.players();
    check(
        players,
        MOST,
        "exact_shapley (without interactions), or TreeSHAP's interactions for trees",
    )?;
    let all: Vec<Coalition> = (0..1u64 << players)
        .map(|bits| Coalition::from_bits(players, bits))
        .collect();
    let v = game.values(run, &all)?;
    let outputs = v.ncols();
    let weights: Vec<f64> = (0..players.saturating_sub(1))
        .map(|size| match index {
            Index::Taylor => 2.0 / players as f64 / choose(players - 1, size),
            Index::Shapley => 1.0 / (players - 1) as f64 / choose(players - 2, size),
        })
        .collect();
    let mut values = Array3::zeros((players, players, outputs));
    for i in 0..players {
        for j in i + 1..players {
            let (one, other) = (1usize << i, 1usize << j);
            for set in (0..all.len()).filter(|set| set & (one | other) == 0) {
                let weight = weights[set.count_ones() as usize] / 2.0;
                for o in 0..outputs {
                    let synergy = v[[set | one | other, o]] - v[[set | one, o]] - v[[set | other, o]] + v[[set, o]];
                    values[[i, j, o]] += weight * synergy;
                }
            }
            for o in 0..outputs {
                values[[j, i, o]] = values[[i, j, o]];
            }
        }
    }
    for i in 0..players {
        let one = 1usize << i;
        for o in 0..outputs {
            values[[i, i, o]] = match index {
                Index::Taylor => v[[one, o]] - v[[0, o]],
                Index::Shapley => {
                    let without = (0..all.len()).filter(|set| set & one == 0);
                    let share: f64 = without
                        .map(|set| {
                            let weight = 1.0 / (players as f64 * choose(players - 1, set.count_ones() as usize));
                            weight * (v[[set | one, o]] - v[[set, o]])
                        })
                        .sum();
                    let shared: f64 = (0..players).filter(|j| *j != i).map(|j| values[[i, j, o]]).sum();
                    share - shared
                }
            };
        }
    }
    Ok(Interactions {
        base: v.row(0).to_vec(),
        values,
    })
}

/// Interactions of every row's class on its columns, `[rows, columns, columns]`.
pub fn rows(
    run: &mut Runner<'_>,
    ask: &crate::AskRows<'_>,
    extras: crate::RowExtras<'_>,
    index: Index,
) -> Result<crate::Outcome, ExplainError> {
    let (rows, columns) = ask.x.dim();
    let mut all = Array3::<f64>::zeros((rows, columns, columns));
    let mut base = Vec::with_capacity(rows);
    for row in 0..rows {
        let share = |row: usize| row as f64 / rows as f64;
        run.stage(&format!("Row {} of {rows}", row + 1), share(row), share(row + 1));
        let link = crate::game::Link::Identity;
        let game = crate::game::TableGame::new(ask.row(row), extras.background, ask.readout.clone(), link, None)?;
        let found = exact_interactions(run, &game, index)?;
        let target = ask.targets[row];
        let Some(&start) = found.base.get(target) else {
            return Err(ExplainError::parameters(format!(
                "target {target} is out of range: the output has {} values a row",
                found.base.len()
            )));
        };
        base.push(start);
        let places: Vec<usize> = game.columns_of().iter().flatten().copied().collect();
        for (i, &a) in places.iter().enumerate() {
            for (j, &b) in places.iter().enumerate() {
                all[[row, a, b]] = found.values[[i, j, target]];
            }
        }
    }
    let attribution: ArrayD<f32> = all.mapv(|v| v as f32).into_dyn();
    let mut outcome = crate::Outcome::of(attribution);
    outcome.base = Some(base);
    Ok(outcome)
}
