//! Grad-CAM.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "grad_cam",
    title: "Grad-CAM",
    family: Family::ClassActivation,
    summary: "The maps of a convolution, weighted by the mean gradient of each.",
    when: "A convolutional network, and you want to know roughly where it looks.",
    not_when: "Details matter: the map has the resolution of an inner layer.",
    needs: &[Need::Gradients, Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[
        MAPS_LAYER,
        Parameter {
            name: "relu",
            title: "Positive part only",
            kind: Type::Boolean,
            default: Default::Boolean(true),
            help: "Keep only what speaks for the target.",
        },
        Parameter {
            name: "interpolation",
            title: "Enlarging",
            kind: Type::Choice(&["bilinear", "nearest"]),
            default: Default::Choice("bilinear"),
            help: "How the map of the layer is brought to the size of the input.",
        },
    ],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Selvaraju et al. 2017",
        title: "Grad-CAM: visual explanations from deep networks via gradient-based localization",
        id: "arXiv:1610.02391",
    }),
    notice: Some("As coarse as the layer: read regions, not pixels."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
