//! Layer conductance.

use super::shared::{LAYER, PATH_STEPS};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_conductance",
    title: "Layer conductance",
    family: Family::Layer,
    summary: "How much of the change from baseline to input flows through each unit of a layer.",
    when: "You want to know how much of the output flows through each unit of a layer.",
    not_when: "One pass is all that is affordable.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Layer,
    parameters: &[LAYER, PATH_STEPS],
    cost: Cost {
        forward: "n_steps + 1",
        backward: "n_steps",
    },
    paper: Some(Paper {
        authors: "Dhamdhere et al. 2018",
        title: "How important is a neuron?",
        id: "arXiv:1805.12233",
    }),
    notice: None,
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
