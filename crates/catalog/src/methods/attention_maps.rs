//! Attention.

use super::shared::POOL;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "attention_maps",
    title: "Attention",
    family: Family::Attention,
    summary: "Where each head of each layer looks: the softmax weights of the graph, one matrix a head; the token's value is how much the last layer looks at it.",
    when: "You want to see what the heads do.",
    not_when: "You want to know why: a weight says where was looked, not what it did to the output.",
    needs: &[Need::Text, Need::Attention],
    output: Output::Tokens,
    parameters: &[POOL],
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
