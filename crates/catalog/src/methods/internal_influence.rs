//! Internal influence.

use super::shared::{LAYER, PATH_STEPS};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "internal_influence",
    title: "Internal influence",
    family: Family::Layer,
    summary: "The gradient with respect to each unit of a layer, averaged along the path from the baseline.",
    when: "You want a layer's average slope between baseline and input.",
    not_when: "You need shares that add up: use conductance.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Layer,
    parameters: &[LAYER, PATH_STEPS],
    cost: Cost {
        forward: "n_steps",
        backward: "n_steps",
    },
    paper: Some(Paper {
        authors: "Leino et al. 2018",
        title: "Influence-directed explanations for deep convolutional networks",
        id: "arXiv:1802.03788",
    }),
    notice: None,
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
