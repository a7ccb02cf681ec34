//! Gradient of a neuron.

use super::shared::{NEURON, NEURON_LAYER};
use crate::entry::{Cost, Entry, Family, Need, Output};

pub(super) const ENTRY: Entry = Entry {
    name: "neuron_gradient",
    title: "Neuron gradient",
    family: Family::Layer,
    summary: "How one number inside the network moves with each element of the input.",
    when: "You want to know what makes one neuron fire.",
    not_when: "You ask about the model's answer rather than about one neuron.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Neuron,
    parameters: &[NEURON_LAYER, NEURON],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: None,
    notice: Some("It speaks of the neuron, not of the class: deletion and insertion do not weigh it."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
