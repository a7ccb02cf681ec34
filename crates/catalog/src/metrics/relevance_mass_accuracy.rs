//! Relevance mass accuracy.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "relevance_mass_accuracy",
    title: "Relevance mass accuracy",
    family: EvidenceFamily::Localisation,
    summary: "Attribution inside a given mask over the whole.",
    reading: "Near 1.",
    better: Better::Higher,
    caution: "Positive and negative attribution cancel: the share can be above 1 or below 0.",
    cost: "none",
    paper: Paper {
        authors: "Arras et al. 2022",
        title: "CLEVR-XAI: a benchmark dataset for the ground truth evaluation of neural network explanations",
        id: "arXiv:2003.07258",
    },
};
