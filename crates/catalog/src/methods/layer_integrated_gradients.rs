//! Integrated gradients of a layer.

use super::shared::{LAYER, RULE};
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_integrated_gradients",
    title: "Layer Integrated Gradients",
    family: Family::Layer,
    summary: "The gradient at a layer gathered along the straight path between two of its values: that of the baseline and that of the input.",
    when: "The input cannot be moved along a path, as tokens cannot, or you want shares of the output for the values of a layer.",
    not_when: "The output reads the input past the layer: only what flows through the layer is shared out.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Layer,
    parameters: &[
        LAYER,
        Parameter {
            name: "n_steps",
            title: "Steps",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(50),
            help: "Points along the path from the layer's value at the baseline to its value at the input.",
        },
        RULE,
    ],
    cost: Cost {
        forward: "n_steps + 2",
        backward: "n_steps",
    },
    paper: Some(Paper {
        authors: "Sundararajan et al. 2017",
        title: "Axiomatic attribution for deep networks",
        id: "arXiv:1703.01365",
    }),
    notice: Some(
        "Only the layer's value moves: what depends on the input by another way, such as the mask of a sentence, stays that of the input.",
    ),
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
