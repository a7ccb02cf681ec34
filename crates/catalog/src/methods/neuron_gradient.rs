//! Gradient of a neuron.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "neuron_gradient",
    title: "Neuron gradient",
    family: Family::Layer,
    summary: "How one number inside the network moves with each element of the input.",
    when: "You want to know what makes one neuron fire.",
    not_when: "You ask about the model's answer rather than about one neuron.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Neuron,
    parameters: &[
        Parameter {
            name: "layer",
            title: "Layer",
            kind: Type::Layer,
            default: Default::Null,
            help: "Value of the graph that the neuron is in; empty: the last convolution with its activation, or the last hidden layer where there is none.",
        },
        Parameter {
            name: "neuron",
            title: "Neuron",
            kind: Type::Integer(0, 100_000_000),
            default: Default::Integer(0),
            help: "Which number of the layer's value for one input, counted through all of its axes from 0.",
        },
    ],
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
