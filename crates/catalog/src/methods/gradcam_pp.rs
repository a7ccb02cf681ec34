//! Grad-CAM++.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "gradcam_pp",
    title: "Grad-CAM++",
    family: Family::ClassActivation,
    summary: "Grad-CAM with weights from higher powers of the gradient; kinder to several objects.",
    when: "Several objects of the class are in the picture.",
    not_when: "Details matter: the map has the resolution of an inner layer.",
    needs: &[Need::Gradients, Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[MAPS_LAYER],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Chattopadhay et al. 2018",
        title: "Grad-CAM++: generalized gradient-based visual explanations for deep convolutional networks",
        id: "arXiv:1710.11063",
    }),
    notice: Some("Scaled to 0..1 for each picture: maps of two pictures cannot be compared by height."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
