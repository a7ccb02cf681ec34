//! Removal of the top features.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "removal",
    title: "Removal of the top features",
    family: EvidenceFamily::Faithfulness,
    summary: "How far the model's number moves, either way, when the features of largest magnitude are exchanged together, beside every other choice of as many, or random ones.",
    reading: "More than nearly all other choices.",
    better: Better::Higher,
    caution: "Features that pull against each other cancel when they go together, and two that say the same hide each other.",
    cost: "(2 + choices) x baseline rows",
    paper: Paper {
        authors: "Hooker et al. 2019",
        title: "A benchmark for interpretability methods in deep neural networks",
        id: "arXiv:1806.10758",
    },
};
