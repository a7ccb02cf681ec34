//! Eigen-CAM.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "eigencam",
    title: "Eigen-CAM",
    family: Family::ClassActivation,
    summary: "The direction in which a layer's maps vary most over the picture, whatever the class.",
    when: "You want to see what a layer has found, without gradients and without a class.",
    not_when: "You ask about one class: the map is the same for all of them.",
    needs: &[Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[MAPS_LAYER],
    cost: Cost {
        forward: "1",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Muhammad and Yeasin 2020",
        title: "Eigen-CAM: class activation map using principal components",
        id: "arXiv:2008.00299",
    }),
    notice: Some(
        "A principal direction has no sign of its own: it is turned so that the map rises with the mean of the layer's channels. Scaled to 0..1 for each picture: maps of two pictures cannot be compared by height.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
