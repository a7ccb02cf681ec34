//! A game whose value is one output of another.

use ndarray::Array2;

use super::{Coalition, Game};
use crate::{ExplainError, Runner};

/// One output of a game of several: what is shared out is then a number, however many classes a model has.
pub struct OneOutput<'a> {
    /// The game.
    pub game: &'a dyn Game,
    /// Which of its outputs.
    pub output: usize,
}

impl Game for OneOutput<'_> {
    fn players(&self) -> usize {
        self.game.players()
    }

    fn values(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        let all = self.game.values(run, asked)?;
        if self.output >= all.ncols() {
            return Err(ExplainError::parameters(format!(
                "target {} is out of range: the model has {} outputs",
                self.output,
                all.ncols()
            )));
        }
        Ok(all.slice(ndarray::s![.., self.output..=self.output]).to_owned())
    }
}
