//! Layer gradient x activation.

use super::shared::LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_gradient_x_activation",
    title: "Layer gradient x activation",
    family: Family::Layer,
    summary: "The values of a layer, each times the derivative of the output there.",
    when: "You want to know which parts of a layer the output reacts to.",
    not_when: "The output is saturated: slopes vanish.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Layer,
    parameters: &[LAYER],
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
