//! Layer gradient x activation.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_gradient_x_activation",
    title: "Layer gradient x activation",
    family: Family::Layer,
    summary: "The values of a layer, each times the derivative of the output there.",
    when: "You want to know which parts of a layer the output reacts to.",
    not_when: "The output is saturated: slopes vanish.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Layer,
    parameters: &[Parameter {
        name: "layer",
        title: "Layer",
        kind: Type::Layer,
        default: Default::Null,
        help: "Value of the graph that is looked at; empty: the last convolution with its activation, or the last hidden layer where there is none.",
    }],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: None,
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
