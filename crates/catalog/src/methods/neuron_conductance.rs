//! Conductance through a neuron.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "neuron_conductance",
    title: "Neuron conductance",
    family: Family::Layer,
    summary: "The part of each input element's effect on the output that flows through one neuron.",
    when: "You know that a neuron matters and want to know what of the input reaches the output through it.",
    not_when: "You want the effect of the whole input: add up the neurons of a layer, or use Integrated Gradients.",
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
            default: Default::Choice("riemann_trapezoid"),
            help: "How the integral along the path is approximated.",
        },
    ],
    cost: Cost {
        forward: "2 * n_steps",
        backward: "2 * n_steps",
    },
    paper: Some(Paper {
        authors: "Dhamdhere et al. 2018",
        title: "How important is a neuron?",
        id: "arXiv:1805.12233",
    }),
    notice: Some("It is the part that takes the way through one neuron: deletion and insertion do not weigh it."),
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
