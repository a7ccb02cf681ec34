//! Partition SHAP of tokens.

use super::shared::ABSENT;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "partition_shap_tokens",
    title: "Token partition SHAP",
    family: Family::Shapley,
    summary: "Owen values: fair shares of halves of the sentence, of halves of those, down to words and their pieces, largest effect first.",
    when: "The sentence is long, or neighbouring words act together.",
    not_when: "The sentence has a dozen tokens or fewer: then the exact values cost as little.",
    needs: &[Need::Text],
    output: Output::Tokens,
    parameters: &[
        Parameter {
            name: "coalitions",
            title: "Coalitions",
            kind: Type::Integer(4, 100_000),
            default: Default::Integer(500),
            help: "Most subsets of the tokens that are asked; what is not opened by then is shared evenly.",
        },
        ABSENT,
    ],
    cost: Cost {
        forward: "coalitions at most",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Owen 1977",
        title: "Values of games with a priori unions",
        id: "doi:10.1007/978-3-642-45494-3_7",
    }),
    notice: None,
    complete: true,
    uses_baseline: true,
    uses_seed: false,
};
