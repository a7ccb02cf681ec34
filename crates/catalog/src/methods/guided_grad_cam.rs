//! Guided Grad-CAM.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "guided_grad_cam",
    title: "Guided Grad-CAM",
    family: Family::ClassActivation,
    summary: "Guided backpropagation where Grad-CAM looks: fine where the map of the layer is coarse.",
    when: "Grad-CAM's place and a sharp picture are wanted in one.",
    not_when: "Details must be trusted: they come from guided backpropagation.",
    needs: &[Need::Gradients, Need::Image, Need::Convolution],
    output: Output::Input,
    parameters: &[
        MAPS_LAYER,
        Parameter {
            name: "interpolation",
            title: "Enlarging",
            kind: Type::Choice(&["bilinear", "nearest"]),
            default: Default::Choice("nearest"),
            help: "How the map of the layer is brought to the size of the input.",
        },
    ],
    cost: Cost {
        forward: "2",
        backward: "2",
    },
    paper: Some(Paper {
        authors: "Selvaraju et al. 2017",
        title: "Grad-CAM: visual explanations from deep networks via gradient-based localization",
        id: "arXiv:1610.02391",
    }),
    notice: Some("Its details are those of guided backpropagation, close to a picture of edges."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
