//! Gradient × attention.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "gradient_x_attention",
    title: "Gradient × attention",
    family: Family::Attention,
    summary: "Attention weighted by its positive gradient, layer on layer: what the heads that speak for the target looked at.",
    when: "You want attention that is about one class.",
    not_when: "You want what speaks against it: only positive parts are kept.",
    needs: &[Need::Text, Need::Attention, Need::Gradients],
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
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Chefer et al. 2021",
        title: "Generic attention-model explainability for interpreting bi-modal and encoder-decoder transformers",
        id: "arXiv:2103.15679",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
