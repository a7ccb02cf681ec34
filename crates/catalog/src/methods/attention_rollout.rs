//! Attention rollout.

use super::shared::POOL;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "attention_rollout",
    title: "Attention rollout",
    family: Family::Attention,
    summary: "The attention of all layers multiplied through, the residual connections counted in: which tokens the last layer can have read.",
    when: "You want one picture of all layers together.",
    not_when: "You want a sign or a class: rollout has neither.",
    needs: &[Need::Text, Need::Attention],
    output: Output::Tokens,
    parameters: &[
        Parameter {
            name: "residual",
            title: "Residual",
            kind: Type::Number(0.0, 1.0),
            default: Default::Number(0.5),
            help: "Share of each layer that passes by the attention.",
        },
        POOL,
    ],
    cost: Cost {
        forward: "1",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Abnar and Zuidema 2020",
        title: "Quantifying attention flow in transformers",
        id: "arXiv:2005.00928",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
