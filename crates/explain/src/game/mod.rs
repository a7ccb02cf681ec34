//! Games: what a model answers when only some of its input is known.
//!
//! The players are parts of the input (columns, groups of columns, superpixels, tokens); a coalition is the set of
//! players that are known, and its value is what the model gives then. Every Shapley method asks a [`Game`] and
//! nothing else, so that a new kind of input is one implementation of the trait.

mod coalition;
mod memory;
mod one_output;
mod picture;
mod rows;
mod table;

use ndarray::Array2;

use crate::{ExplainError, Runner};

pub use coalition::Coalition;
pub use memory::Memory;
pub use one_output::OneOutput;
pub use picture::PictureGame;
pub use rows::{Round, Shares, each_row};
pub use table::{TableGame, groups_of};

/// A cooperative game over parts of an input.
pub trait Game {
    /// How many players.
    fn players(&self) -> usize;

    /// The values of coalitions, `[coalitions, outputs]`; the order of the asking never changes a value.
    fn values(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError>;

    /// How many games of one row the value is the plain mean of (the background rows); 1 where it is no mean.
    ///
    /// An estimate that asks every part about coalitions of its own errs less than one that asks all parts about
    /// the same coalitions, for as many passes: what the parts' errors have in common is no longer drawn once.
    fn parts(&self) -> usize {
        1
    }

    /// The values of single parts, each about a coalition of its own, `[asked, outputs]`.
    fn part_values(&self, run: &mut Runner<'_>, asked: &[(usize, Coalition)]) -> Result<Array2<f64>, ExplainError> {
        let coalitions: Vec<Coalition> = asked.iter().map(|(_, coalition)| coalition.clone()).collect();
        self.values(run, &coalitions)
    }
}

/// The scale on which shares add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// As the model answers.
    #[default]
    Identity,
    /// The log-odds of an average probability.
    Logit,
}

impl Link {
    /// By its name in the catalogue.
    pub fn parse(name: &str) -> Self {
        if name == "logit" { Self::Logit } else { Self::Identity }
    }

    /// A mean on this scale. Probabilities are kept off 0 and 1, where log-odds are infinite.
    pub fn of(self, mean: f64) -> f64 {
        match self {
            Self::Identity => mean,
            Self::Logit => {
                let p = mean.clamp(1e-15, 1.0 - 1e-15);
                (p / (1.0 - p)).ln()
            }
        }
    }
}
