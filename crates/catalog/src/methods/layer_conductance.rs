//! Layer conductance.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_conductance",
    title: "Layer conductance",
    family: Family::Layer,
    summary: "How much of the change from baseline to input flows through each unit of a layer.",
    when: "You want to know how much of the output flows through each unit of a layer.",
    not_when: "One pass is all that is affordable.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Layer,
    parameters: &[
        Parameter {
            name: "layer",
            title: "Layer",
            kind: Type::Layer,
            default: Default::Null,
            help: "Value of the graph that is looked at; empty: the last convolution with its activation, or the last hidden layer where there is none.",
        },
        Parameter {
            name: "n_steps",
            title: "Steps",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(50),
            help: "Points along the path from the baseline to the input; more make the completeness gap smaller.",
        },
    ],
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
