//! A sentence as ids.

use serde::Serialize;

/// The tokens of one sentence; every list has one entry a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Encoded {
    /// Ids in the vocabulary.
    pub ids: Vec<u32>,
    /// How the vocabulary writes the token: `un`, `##stable`, `[CLS]`.
    pub tokens: Vec<String>,
    /// First character of the sentence that it stands for and the one after its last, counted in characters. Both 0
    /// for what the tokenizer added.
    pub offsets: Vec<(usize, usize)>,
    /// Whether the tokenizer added it: marks, padding.
    pub special: Vec<bool>,
    /// Number of the word it belongs to, where it belongs to one.
    pub words: Vec<Option<usize>>,
    /// Whether the vocabulary has no token for it, so that the unknown token stands there.
    pub unknown: Vec<bool>,
}

impl Encoded {
    /// How many tokens.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(crate) fn push(&mut self, id: u32, token: &str, offsets: (usize, usize), word: usize, unknown: bool) {
        self.ids.push(id);
        self.tokens.push(token.to_owned());
        self.offsets.push(offsets);
        self.special.push(false);
        self.words.push(Some(word));
        self.unknown.push(unknown);
    }

    pub(crate) fn pad(&mut self, length: usize, id: u32, token: &str) {
        while self.len() < length {
            self.ids.push(id);
            self.tokens.push(token.to_owned());
            self.offsets.push((0, 0));
            self.special.push(true);
            self.words.push(None);
            self.unknown.push(false);
        }
    }

    /// Places of the tokens that stand for text.
    pub fn parts(&self) -> Vec<usize> {
        (0..self.len()).filter(|at| !self.special[*at]).collect()
    }

    /// Number of the word of each of [`Self::parts`], from 0 and rising by one at most.
    pub fn words_of_parts(&self) -> Vec<usize> {
        let (mut number, mut before) = (0, None);
        let parts = self.parts();
        let mut out = Vec::with_capacity(parts.len());
        for at in parts {
            let word = self.words[at];
            if !out.is_empty() && (word.is_none() || word != before) {
                number += 1;
            }
            before = word;
            out.push(number);
        }
        out
    }
}
