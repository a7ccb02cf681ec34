//! Layer activation.

use super::shared::LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output};

pub(super) const ENTRY: Entry = Entry {
    name: "layer_activation",
    title: "Layer activation",
    family: Family::Layer,
    summary: "The values of a layer for this input.",
    when: "You want to see what a layer computes.",
    not_when: "You want to know what mattered for the output.",
    needs: &[Need::Layer],
    output: Output::Layer,
    parameters: &[LAYER],
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
