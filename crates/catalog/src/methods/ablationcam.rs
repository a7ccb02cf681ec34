//! Ablation-CAM.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "ablationcam",
    title: "Ablation-CAM",
    family: Family::ClassActivation,
    summary: "The maps of a layer, weighted by the share of the output that is lost when each is taken away. No gradient.",
    when: "Gradients saturate, and the layer has few channels.",
    not_when: "The number explained is near zero: shares of it blow up. The layer has many channels: every one costs a pass.",
    needs: &[Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[
        MAPS_LAYER,
        Parameter {
            name: "fill",
            title: "In its place",
            kind: Type::Choice(&["zero", "far_below"]),
            default: Default::Choice("zero"),
            help: "What stands in for a channel that is taken away: zero, or a number far below everything in the layer, as pytorch-grad-cam has it.",
        },
    ],
    cost: Cost {
        forward: "2 + channels",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Desai and Ramaswamy 2020",
        title: "Ablation-CAM: visual explanations for deep convolutional network via gradient-free localization",
        id: "doi:10.1109/WACV45572.2020.9093360",
    }),
    notice: Some("Scaled to 0..1 for each picture: maps of two pictures cannot be compared by height."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
