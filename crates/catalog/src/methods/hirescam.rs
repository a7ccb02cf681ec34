//! `HiResCAM`.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "hirescam",
    title: "HiResCAM",
    family: Family::ClassActivation,
    summary: "Gradient times activation, summed over channels at each place.",
    when: "You want a class activation map that shows only places that the output really used.",
    not_when: "Details matter: the map has the resolution of an inner layer.",
    needs: &[Need::Gradients, Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[MAPS_LAYER],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Draelos and Carin 2020",
        title: "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
        id: "arXiv:2011.08891",
    }),
    notice: Some("Scaled to 0..1 for each picture: maps of two pictures cannot be compared by height."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
