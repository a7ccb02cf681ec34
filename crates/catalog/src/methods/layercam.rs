//! `LayerCAM`.

use super::shared::MAPS_LAYER;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "layercam",
    title: "LayerCAM",
    family: Family::ClassActivation,
    summary: "Positive gradient times activation, summed over channels at each place.",
    when: "You want finer maps from earlier layers.",
    not_when: "You want one robust region rather than detail.",
    needs: &[Need::Gradients, Need::Image, Need::Convolution],
    output: Output::Pixels,
    parameters: &[MAPS_LAYER],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Jiang et al. 2021",
        title: "LayerCAM: exploring hierarchical class activation maps",
        id: "doi:10.1109/TIP.2021.3089943",
    }),
    notice: Some("Scaled to 0..1 for each picture: maps of two pictures cannot be compared by height."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
