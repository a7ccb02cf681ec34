//! DeepLIFT.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "deeplift",
    title: "DeepLIFT",
    family: Family::Propagation,
    summary: "What changes between a baseline and the input, handed back from node to node by the rescale rule. Attributions sum to the difference of the outputs on any graph.",
    when: "A meaningful baseline exists, and one pass must do where Integrated Gradients takes dozens.",
    not_when: "No baseline means 'nothing there' for this input.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[],
    cost: Cost {
        forward: "2",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Shrikumar et al. 2017",
        title: "Learning important features through propagating activation differences",
        id: "arXiv:1704.02685",
    }),
    notice: Some(
        "Softmax, normalisations, products and overlapping pools have exact rules here, and what has none is averaged along the line between the passes; other libraries leave these to the derivative and do not add up.",
    ),
    complete: true,
    uses_baseline: true,
    uses_seed: false,
};
