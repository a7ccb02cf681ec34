//! Integrated gradients of a neuron.

use super::shared::{NEURON, NEURON_LAYER, NEURON_STEPS, RULE};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "neuron_integrated_gradients",
    title: "Neuron Integrated Gradients",
    family: Family::Layer,
    summary: "Shares of one neuron's value, less its value at the baseline, for each element of the input.",
    when: "You want shares of one neuron's value that add up.",
    not_when: "You ask about the model's answer rather than about one neuron.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Neuron,
    parameters: &[NEURON_LAYER, NEURON, NEURON_STEPS, RULE],
    cost: Cost {
        forward: "n_steps",
        backward: "n_steps",
    },
    paper: Some(Paper {
        authors: "Sundararajan et al. 2017",
        title: "Axiomatic attribution for deep networks",
        id: "arXiv:1703.01365",
    }),
    notice: Some("It speaks of the neuron, not of the class: deletion and insertion do not weigh it."),
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
