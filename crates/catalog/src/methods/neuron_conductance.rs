//! Conductance through a neuron.

use super::shared::{NEURON, NEURON_LAYER, NEURON_STEPS};
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
        NEURON_LAYER,
        NEURON,
        NEURON_STEPS,
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
