//! Input x gradient.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "input_x_gradient",
    title: "Input x gradient",
    family: Family::Gradient,
    summary: "Each element times the derivative there: a first-order guess of its contribution against zero.",
    when: "Features are on comparable scales and zero means absent.",
    not_when: "Zero has no meaning for a feature, or the network is strongly curved between zero and the input.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Shrikumar et al. 2016",
        title: "Not just a black box: learning important features through propagating activation differences",
        id: "arXiv:1605.01713",
    }),
    notice: Some("Elements that are zero always get zero."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
