//! Token input × gradient.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "token_input_x_gradient",
    title: "Token input × gradient",
    family: Family::Gradient,
    summary: "The gradient at each token's embedding times the embedding, summed: the output's linear part in that token.",
    when: "You want signed values in two passes.",
    not_when: "The output saturates: then the slope at the sentence says little about the way there.",
    needs: &[Need::Text, Need::Gradients],
    output: Output::Tokens,
    parameters: &[],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Denil et al. 2014",
        title: "Extraction of salient sentences from labelled documents",
        id: "arXiv:1412.6815",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
