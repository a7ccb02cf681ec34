//! Deconvolution.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "deconvolution",
    title: "Deconvolution",
    family: Family::Propagation,
    summary: "The gradient, of which rectifiers pass back only what is positive, wherever they were on the way forward.",
    when: "Beside guided backpropagation, to see what the forward pass adds.",
    not_when: "The question is what decided between classes: the picture hardly changes with the target.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Zeiler and Fergus 2013",
        title: "Visualizing and understanding convolutional networks",
        id: "arXiv:1311.2901",
    }),
    notice: Some(
        "Close to a picture of edges whatever the weights are (Adebayo et al. 2018). Changes ReLU alone: a network without it has the plain gradient.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
