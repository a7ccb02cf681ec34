//! Sentences: rows of token ids, and which of their tokens can be taken away.
//!
//! A row has one id a place. Places of padding and of marks that the tokenizer adds (`[CLS]`, `[SEP]`) are never taken
//! away; the rest are the parts that methods rank.

pub mod attention;
mod dispatch;
pub mod embedding;
pub mod game;

use std::ops::Deref;

use crate::{Ask, ExplainError};

pub use dispatch::explain_text;

/// Sentences to explain, with a class for each.
#[derive(Debug, Clone)]
pub struct AskText<'a> {
    /// The ids, `[rows, tokens]`, and the classes.
    pub ask: Ask<'a>,
    /// Id of the padding.
    pub pad: f32,
    /// Id of what no word of the vocabulary stands for.
    pub unk: f32,
    /// Places of each row whose tokens can be taken away, in order.
    pub parts: Vec<Vec<usize>>,
    /// The word each part belongs to, by row: pieces of one word have one number. Numbers rise by one at most.
    pub words: Vec<Vec<usize>>,
}

impl<'a> Deref for AskText<'a> {
    type Target = Ask<'a>;

    fn deref(&self) -> &Ask<'a> {
        &self.ask
    }
}

impl<'a> AskText<'a> {
    /// Every place that does not hold padding is a part, and a word of its own.
    ///
    /// # Errors
    /// A sentence where the rows are not rows of ids.
    pub fn plain(ask: Ask<'a>, pad: f32, unk: f32) -> Result<Self, ExplainError> {
        let parts: Vec<Vec<usize>> = (0..ask.rows()).map(|row| real(ask.row(row), pad)).collect();
        let words = parts.iter().map(|parts| (0..parts.len()).collect()).collect();
        Self::new(ask, (pad, unk), parts, words)
    }

    /// With the places that can be taken away, and the words they belong to.
    ///
    /// # Errors
    /// A sentence where the rows are not rows of ids, or a place does not exist.
    pub fn new(
        ask: Ask<'a>,
        (pad, unk): (f32, f32),
        parts: Vec<Vec<usize>>,
        words: Vec<Vec<usize>>,
    ) -> Result<Self, ExplainError> {
        let &[length] = ask.row_shape() else {
            return Err(ExplainError::parameters(format!(
                "a sentence is a row of token ids; this input has shape {:?}",
                ask.x.shape()
            )));
        };
        let fits = parts.len() == ask.rows()
            && words.len() == ask.rows()
            && parts.iter().flatten().all(|place| *place < length)
            && parts
                .iter()
                .zip(&words)
                .all(|(parts, words)| parts.len() == words.len());
        if !fits {
            return Err(ExplainError::parameters(
                "the places of the tokens do not fit the sentences",
            ));
        }
        if let Some(row) = parts.iter().position(Vec::is_empty) {
            return Err(ExplainError::parameters(format!(
                "sentence {row} has no token that could be explained"
            )));
        }
        Ok(Self {
            ask,
            pad,
            unk,
            parts,
            words,
        })
    }

    /// Refuses what the vocabulary has no token for: an id below zero stands for none.
    pub(crate) fn can(&self, absent: Absent) -> Result<(), ExplainError> {
        let (id, what, other) = match absent {
            Absent::Unk => (self.unk, "unknown words", "pad"),
            Absent::Pad | Absent::Delete => (self.pad, "padding", "unk"),
        };
        if id < 0.0 {
            return Err(ExplainError::parameters(format!(
                "the vocabulary names no token for {what}, so nothing can stand where a token is taken away; take `{other}`, or \
                 say which token it is in `text` of preprocess.json"
            )));
        }
        Ok(())
    }

    /// How many places a row has.
    pub fn length(&self) -> usize {
        self.ask.row_shape().first().copied().unwrap_or(0)
    }

    /// Row `row` with the parts that `gone` marks taken away.
    pub(crate) fn without(&self, row: usize, absent: Absent, gone: &dyn Fn(usize) -> bool, out: &mut [f32]) {
        let ids = self.ask.row(row);
        out.copy_from_slice(ids);
        let parts = self.parts[row].iter().enumerate().filter(|(part, _)| gone(*part));
        match absent {
            Absent::Unk => return parts.for_each(|(_, place)| out[*place] = self.unk),
            Absent::Pad => parts.for_each(|(_, place)| out[*place] = self.pad),
            Absent::Delete => {
                let mut taken = vec![false; ids.len()];
                parts.for_each(|(_, place)| taken[*place] = true);
                let kept: Vec<f32> = ids
                    .iter()
                    .zip(&taken)
                    .filter(|(_, t)| !**t)
                    .map(|(id, _)| *id)
                    .collect();
                out.fill(self.pad);
                out[..kept.len()].copy_from_slice(&kept);
            }
        }
        // A model is not asked about nothing at all: many divide by the number of tokens.
        let empty = out.iter().all(|id| id.to_bits() == self.pad.to_bits());
        if let (true, Some(first)) = (empty && self.unk >= 0.0, out.first_mut()) {
            *first = self.unk;
        }
    }

    /// Row `row` with every part replaced: what is there when nothing of the sentence is known.
    pub fn bare(&self, row: usize, absent: Absent) -> Vec<f32> {
        let mut out = vec![0.0; self.length()];
        self.without(row, absent, &|_| true, &mut out);
        out
    }

    /// One value a part at its place, zero elsewhere.
    pub(crate) fn place(&self, row: usize, values: impl IntoIterator<Item = f64>, out: &mut [f32]) {
        for (place, value) in self.parts[row].iter().zip(values) {
            out[*place] = value as f32;
        }
    }
}

/// Refuses an answer that is no number.
pub(crate) fn sound<'v>(values: impl IntoIterator<Item = &'v f64>, absent: Absent) -> Result<(), ExplainError> {
    match values.into_iter().find(|v| !v.is_finite()) {
        Some(bad) => Err(ExplainError::parameters(format!(
            "the model answers {bad} for this sentence with {} in the place of tokens; take another way of taking them away",
            absent.said()
        ))),
        None => Ok(()),
    }
}

/// Places that do not hold padding.
pub(crate) fn real(ids: &[f32], pad: f32) -> Vec<usize> {
    let real = |(_, id): &(usize, &f32)| id.to_bits() != pad.to_bits();
    ids.iter().enumerate().filter(real).map(|(place, _)| place).collect()
}

/// What stands for a token that is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// The unknown token.
    Unk,
    /// Padding in its place; the mask hides it. Where nothing but padding would be left, one unknown token stays.
    Pad,
    /// Nothing: later tokens move up, and padding fills the end; an empty sentence is one unknown token.
    Delete,
}

impl Absent {
    /// By its name in the catalogue.
    pub fn parse(name: &str) -> Self {
        match name {
            "pad" => Self::Pad,
            "delete" => Self::Delete,
            _ => Self::Unk,
        }
    }

    /// As a sentence says it.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Unk => "the unknown token",
            Self::Pad => "padding",
            Self::Delete => "nothing (later tokens move up)",
        }
    }
}

#[cfg(test)]
mod tests {
    use glassboard_model::{Array, OutputSpace};
    use ndarray::arr2;

    use super::*;
    use crate::Readout;

    #[test]
    fn tokens_are_taken_away_in_three_ways() {
        let x: Array = arr2(&[[9.0, 4.0, 5.0, 6.0, 0.0, 0.0]]).into_dyn();
        let readout = Readout {
            output: None,
            space: OutputSpace::Raw,
        };
        let ask = Ask::new(&x, readout, &[0]).unwrap();
        // 9 is a mark of the tokenizer.
        let text = AskText::new(ask, (0.0, 1.0), vec![vec![1, 2, 3]], vec![vec![0, 0, 1]]).unwrap();
        let without = |absent, gone: &dyn Fn(usize) -> bool| {
            let mut out = vec![0.0; 6];
            text.without(0, absent, gone, &mut out);
            out
        };
        assert_eq!(without(Absent::Unk, &|p| p == 1), [9.0, 4.0, 1.0, 6.0, 0.0, 0.0]);
        assert_eq!(without(Absent::Pad, &|p| p == 1), [9.0, 4.0, 0.0, 6.0, 0.0, 0.0]);
        assert_eq!(without(Absent::Delete, &|p| p == 1), [9.0, 4.0, 6.0, 0.0, 0.0, 0.0]);
        assert_eq!(text.bare(0, Absent::Delete), [9.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let ask = Ask::new(&x, text.readout.clone(), &[0]).unwrap();
        let all = AskText::plain(ask, 0.0, 1.0).unwrap();
        assert_eq!(all.bare(0, Absent::Delete), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
