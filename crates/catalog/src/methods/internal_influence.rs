//! Internal influence.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "internal_influence",
    title: "Internal influence",
    family: Family::Layer,
    summary: "The gradient with respect to each unit of a layer, averaged along the path from the baseline.",
    when: "You want a layer's average slope between baseline and input.",
    not_when: "You need shares that add up: use conductance.",
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
