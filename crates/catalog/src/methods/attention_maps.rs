//! Attention.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "attention_maps",
    title: "Attention",
    family: Family::Attention,
    summary: "Where each head of each layer looks: the softmax weights of the graph, one matrix a head; the token's value is how much the last layer looks at it.",
    when: "You want to see what the heads do.",
    not_when: "You want to know why: a weight says where was looked, not what it did to the output.",
    needs: &[Need::Text, Need::Attention],
    output: Output::Tokens,
    parameters: &[Parameter {
        name: "pool",
        title: "Read from",
        kind: Type::Choice(&["auto", "mean", "first"]),
        default: Default::Choice("auto"),
        help: "Whose row is shown: the mean over all tokens or that of the first; auto takes the first where the tokenizer puts a mark there ([CLS]).",
    }],
    cost: Cost {
        forward: "1",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Vig 2019",
        title: "A multiscale visualization of attention in the transformer model",
        id: "arXiv:1906.05714",
    }),
    notice: Some(
        "Attention is no explanation by itself: other weights can give the same output (Jain and Wallace 2019).",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
