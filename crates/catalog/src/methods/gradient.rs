//! Gradient (signed).

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "gradient",
    title: "Gradient (signed)",
    family: Family::Gradient,
    summary: "The derivative of the output with respect to each element of the input, with its sign.",
    when: "You want the signed slope of the output at this input.",
    not_when: "The output is saturated (probability near 0 or 1): slopes vanish though the features matter.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Simonyan et al. 2013",
        title: "Deep inside convolutional networks: visualising image classification models and saliency maps",
        id: "arXiv:1312.6034",
    }),
    notice: Some("A gradient says where a tiny change would matter, not what the prediction rests on."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
