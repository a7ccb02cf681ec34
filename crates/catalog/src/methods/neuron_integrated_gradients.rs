//! Integrated gradients of a neuron.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "neuron_integrated_gradients",
    title: "Neuron Integrated Gradients",
    family: Family::Layer,
    summary: "Shares of one neuron's value, less its value at the baseline, for each element of the input.",
    when: "You want shares of one neuron's value that add up.",
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
        Parameter {
            name: "n_steps",
            title: "Steps",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(50),
            help: "Points along the path from the baseline to the input.",
        },
        Parameter {
            name: "method",
            title: "Rule",
            kind: Type::Choice(&[
                "gausslegendre",
                "riemann_trapezoid",
                "riemann_left",
                "riemann_middle",
                "riemann_right",
            ]),
            default: Default::Choice("gausslegendre"),
            help: "How the integral along the path is approximated.",
        },
    ],
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
