//! Token saliency.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "token_saliency",
    title: "Token saliency",
    family: Family::Gradient,
    summary: "The length of the gradient at each token's embedding: how much a small move of it would change the output.",
    when: "You want a first look in two passes: which tokens the output is sensitive to.",
    not_when: "You need to know whether a token speaks for or against: this has no sign.",
    needs: &[Need::Text, Need::Gradients],
    output: Output::Tokens,
    parameters: &[Parameter {
        name: "norm",
        title: "Length",
        kind: Type::Choice(&["l2", "l1"]),
        default: Default::Choice("l2"),
        help: "How the numbers of one embedding become one: Euclidean length, or the sum of sizes.",
    }],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Li et al. 2016",
        title: "Visualizing and understanding neural models in NLP",
        id: "arXiv:1506.01066",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
