//! XGrad-CAM.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "xgradcam",
    title: "XGrad-CAM",
    family: Family::ClassActivation,
    summary: "Grad-CAM with weights scaled by the activation.",
    when: "As Grad-CAM, with weights that come nearer to adding up.",
    not_when: "Details matter: the map has the resolution of an inner layer.",
    needs: &[Need::Gradients, Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[MAPS_LAYER],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Fu et al. 2020",
        title: "Axiom-based Grad-CAM",
        id: "arXiv:2008.02312",
    }),
    notice: Some("Scaled to 0..1 for each picture: maps of two pictures cannot be compared by height."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
