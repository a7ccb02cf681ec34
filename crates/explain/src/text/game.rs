//! The game of the tokens of one sentence: those that are not known are taken away.

use glassboard_model::{Array, ModelError};
use ndarray::{Array2, ArrayD, Axis};

use super::{Absent, AskText, sound};
use crate::game::{Coalition, Game};
use crate::methods::partition_shap::Tree;
use crate::rows::in_space;
use crate::{ExplainError, Runner};

/// Rows run at once where the model does not take more.
const BATCH_ROWS: usize = 64;

/// v(S) = f(the sentence with every part but those of S taken away), for all outputs at once.
pub struct TokenGame<'a> {
    text: &'a AskText<'a>,
    row: usize,
    absent: Absent,
}

impl<'a> TokenGame<'a> {
    /// Of sentence `row`.
    pub fn new(text: &'a AskText<'a>, row: usize, absent: Absent) -> Self {
        Self { text, row, absent }
    }
}

impl Game for TokenGame<'_> {
    fn players(&self) -> usize {
        self.text.parts[self.row].len()
    }

    fn values(&self, run: &mut Runner<'_>, asked: &[Coalition]) -> Result<Array2<f64>, ExplainError> {
        let length = self.text.length();
        let pass = run.model().rows_per_pass(&[length]).max(1);
        let step = run.batch_rows().unwrap_or_else(|| (BATCH_ROWS / pass).max(1) * pass);
        let readout = &self.text.readout;
        let (mut all, mut width, mut done) = (Vec::new(), 0, 0);
        for part in asked.chunks(step) {
            run.check_cancelled()?;
            let mut rows = vec![0.0f32; part.len() * length];
            for (coalition, row) in part.iter().zip(rows.chunks_exact_mut(length)) {
                self.text
                    .without(self.row, self.absent, &|p| !coalition.contains(p), row);
            }
            let batch: Array = ArrayD::from_shape_vec(vec![part.len(), length], rows)
                .map_err(|e| ModelError::Failed(format!("a batch could not be laid out: {e}")))?;
            let outputs = run.model().forward(&batch.view(), readout.output.as_deref())?;
            run.count_forward(part.len());
            for output in outputs.axis_iter(Axis(0)) {
                let row: ndarray::Array1<f64> = output.iter().map(|v| f64::from(*v)).collect();
                width = row.len();
                all.extend(in_space(row.view(), readout.space));
            }
            sound(&all, self.absent)?;
            done += part.len();
            run.tell(done, asked.len());
        }
        Array2::from_shape_vec((asked.len(), width), all)
            .map_err(|e| ModelError::Failed(format!("the model's outputs do not line up: {e}")).into())
    }
}

/// Halves of the sentence, halves of those, down to words and then to the pieces of each: neighbours stay together.
pub fn tree(words: &[usize]) -> Tree {
    let mut merges = Vec::new();
    join(words, 0, words.len(), &mut merges);
    Tree {
        players: words.len(),
        merges,
    }
}

/// The node of the parts `from..to`.
fn join(words: &[usize], from: usize, to: usize, merges: &mut Vec<(usize, usize)>) -> usize {
    if to - from <= 1 {
        return from;
    }
    let middle = usize::midpoint(from, to);
    // The border between two words that is nearest to the middle, where there is one.
    let borders = (from + 1..to).filter(|at| words[*at] != words[at - 1]);
    let cut = borders.min_by_key(|at| at.abs_diff(middle)).unwrap_or(middle);
    let left = join(words, from, cut, merges);
    let right = join(words, cut, to, merges);
    merges.push((left, right));
    words.len() + merges.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_word_stay_together() {
        // "un ##stable | very | good"
        let tree = tree(&[0, 0, 1, 2]);
        assert_eq!(tree.merges, [(0, 1), (2, 3), (4, 5)]);
        assert_eq!(super::tree(&[0]).merges, []);
        assert_eq!(super::tree(&[0, 0, 0]).merges.len(), 2);
    }
}
