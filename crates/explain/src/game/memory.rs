//! Values that were asked before.

use std::collections::HashMap;

use ndarray::Array2;

use super::{Coalition, Game};
use crate::{ExplainError, Runner};

/// Most numbers that are remembered; what comes after is asked again.
const REMEMBERED: usize = 1 << 24;

/// A game that is asked for each coalition once.
pub struct Memory<'g> {
    game: &'g dyn Game,
    known: HashMap<Coalition, Vec<f64>>,
    asked: usize,
}

impl<'g> Memory<'g> {
    /// Nothing is known yet.
    pub fn new(game: &'g dyn Game) -> Self {
        Self {
            game,
            known: HashMap::new(),
            asked: 0,
        }
    }

    /// How many coalitions the game was asked for.
    pub fn asked(&self) -> usize {
        self.asked
    }

    /// As [`Game::values`].
    pub fn values(&mut self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        let mut fresh: Vec<Coalition> = Vec::new();
        let mut place: HashMap<&Coalition, usize> = HashMap::new();
        for coalition in asked {
            if !self.known.contains_key(coalition) && !place.contains_key(coalition) {
                place.insert(coalition, fresh.len());
                fresh.push(coalition.clone());
            }
        }
        let found = self.game.values(run, &fresh)?;
        self.asked += fresh.len();
        let known_width = self.known.values().next().map_or(0, Vec::len);
        let width = found.ncols().max(known_width);
        let mut values = Array2::zeros((asked.len(), width));
        for (coalition, mut row) in asked.iter().zip(values.rows_mut()) {
            match self.known.get(coalition) {
                Some(known) => row.iter_mut().zip(known).for_each(|(to, from)| *to = *from),
                None => row.assign(&found.row(place[coalition])),
            }
        }
        if (self.known.len() + fresh.len()) * width <= REMEMBERED {
            let rows = found.rows().into_iter().map(|row| row.to_vec());
            self.known.extend(fresh.into_iter().zip(rows));
        }
        Ok(values)
    }
}
