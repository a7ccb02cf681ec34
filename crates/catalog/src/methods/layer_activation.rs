//! Layer activation.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_activation",
    title: "Layer activation",
    family: Family::Layer,
    summary: "The values of a layer for this input.",
    when: "You want to see what a layer computes.",
    not_when: "You want to know what mattered for the output.",
    needs: &[Need::Layer],
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
        backward: "0",
    },
    paper: None,
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
