//! Gradient × attention.

use super::shared::POOL;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "gradient_x_attention",
    title: "Gradient × attention",
    family: Family::Attention,
    summary: "Attention weighted by its positive gradient, layer on layer: what the heads that speak for the target looked at.",
    when: "You want attention that is about one class.",
    not_when: "You want what speaks against it: only positive parts are kept.",
    needs: &[Need::Text, Need::Attention, Need::Gradients],
    output: Output::Tokens,
    parameters: &[POOL],
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
