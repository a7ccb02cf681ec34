//! Token gradient.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "token_gradient",
    title: "Token gradient",
    family: Family::Gradient,
    summary: "The gradient at each token's embedding, its numbers summed with their sign.",
    when: "You compare with a library that sums the gradient over the embedding.",
    not_when: "You want to know what a token does: a sum of slopes has no unit of its own; take input × gradient.",
    needs: &[Need::Text, Need::Gradients],
    output: Output::Tokens,
    parameters: &[],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Simonyan et al. 2014",
        title: "Deep inside convolutional networks",
        id: "arXiv:1312.6034",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
