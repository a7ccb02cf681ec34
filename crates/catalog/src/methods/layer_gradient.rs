//! Gradient at a layer.

use super::shared::LAYER;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_gradient",
    title: "Layer gradient",
    family: Family::Layer,
    summary: "The derivative of the output by each value of a layer.",
    when: "You want to know which values of a layer the output reacts to; at the embedding of a model of tokens, which tokens.",
    not_when: "The output is saturated: slopes vanish.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Layer,
    parameters: &[
        LAYER,
        Parameter {
            name: "abs",
            title: "Magnitude",
            kind: Type::Boolean,
            default: Default::Boolean(false),
            help: "Show how much, without which way.",
        },
    ],
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
