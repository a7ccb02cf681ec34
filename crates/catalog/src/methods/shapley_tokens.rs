//! Exact Shapley values of tokens.

use super::shared::ABSENT;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "shapley_tokens",
    title: "Token Shapley values",
    family: Family::Shapley,
    summary: "The fair share of each token, from the model's answers to every subset of the tokens.",
    when: "The sentence is short and the answer must be exact.",
    not_when: "There are more than 16 tokens; then partition SHAP.",
    needs: &[Need::Text],
    output: Output::Tokens,
    parameters: &[ABSENT],
    cost: Cost {
        forward: "2^tokens",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Lundberg and Lee 2017",
        title: "A unified approach to interpreting model predictions",
        id: "arXiv:1705.07874",
    }),
    notice: None,
    complete: true,
    uses_baseline: true,
    uses_seed: false,
};
