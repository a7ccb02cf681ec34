//! Score-CAM.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "scorecam",
    title: "Score-CAM",
    family: Family::ClassActivation,
    summary: "The maps of a layer, weighted by what the model says of the picture seen through each of them. No gradient.",
    when: "Gradients are noisy or missing, and the layer has few channels.",
    not_when: "The layer has many channels: every one of them costs a pass.",
    needs: &[Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[MAPS_LAYER],
    cost: Cost {
        forward: "1 + channels",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Wang et al. 2020",
        title: "Score-CAM: score-weighted visual explanations for convolutional neural networks",
        id: "arXiv:1910.01279",
    }),
    notice: Some(
        "Weights are a softmax over channels of the number explained: on logits one channel may take it all. Scaled to 0..1 for each picture: maps of two pictures cannot be compared by height.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
