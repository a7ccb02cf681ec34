//! Guided backpropagation.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "guided_backprop",
    title: "Guided backpropagation",
    family: Family::Propagation,
    summary: "The gradient, of which rectifiers pass back only what is positive on both ways.",
    when: "A sharp picture of the patterns that units respond to is wanted.",
    not_when: "The question is what decided between classes: the picture hardly changes with the target.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Springenberg et al. 2014",
        title: "Striving for simplicity: the all convolutional net",
        id: "arXiv:1412.6806",
    }),
    notice: Some(
        "Close to a picture of edges whatever the weights are (Adebayo et al. 2018). Changes ReLU alone: a network without it has the plain gradient.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
