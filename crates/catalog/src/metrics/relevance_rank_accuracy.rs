//! Relevance rank accuracy.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "relevance_rank_accuracy",
    title: "Relevance rank accuracy",
    family: EvidenceFamily::Localisation,
    summary: "Of as many highest pixels as a given mask has, the share that lies inside it.",
    reading: "Near 1.",
    better: Better::Higher,
    caution: "People and models may look at different things.",
    cost: "none",
    paper: Paper {
        authors: "Arras et al. 2022",
        title: "CLEVR-XAI: a benchmark dataset for the ground truth evaluation of neural network explanations",
        id: "arXiv:2003.07258",
    },
};
