//! Token Integrated Gradients.

use super::shared::RULE;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "token_integrated_gradients",
    title: "Token Integrated Gradients",
    family: Family::Path,
    summary: "The gradient gathered along the straight path from the embedding of padding (or of the unknown token) to each token's own, the mask kept. Values sum to the difference of the outputs, up to the gap shown.",
    when: "The model has gradients, and values must add up to the change of the output.",
    not_when: "You ask what deleting a word would do: points between two embeddings are no sentences.",
    needs: &[Need::Text, Need::Gradients],
    output: Output::Tokens,
    parameters: &[
        Parameter {
            name: "n_steps",
            title: "Steps",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(50),
            help: "Points along the path from the baseline to the sentence; more make the completeness gap smaller.",
        },
        RULE,
        Parameter {
            name: "from",
            title: "From",
            kind: Type::Choice(&["pad", "unk"]),
            default: Default::Choice("pad"),
            help: "Whose embedding the path begins at. Marks of the tokenizer ([CLS], [SEP]) stay what they are.",
        },
    ],
    cost: Cost {
        forward: "n_steps + 4",
        backward: "n_steps + 2",
    },
    paper: Some(Paper {
        authors: "Sundararajan et al. 2017",
        title: "Axiomatic attribution for deep networks",
        id: "arXiv:1703.01365",
    }),
    notice: Some("The answer depends on where the path begins: a token whose embedding is the baseline's gets zero."),
    complete: true,
    uses_baseline: true,
    uses_seed: false,
};
