//! Comprehensiveness.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "comprehensiveness",
    title: "Comprehensiveness",
    family: EvidenceFamily::Faithfulness,
    summary: "The model's number minus what is left of it without the top 1, 5, 10, 20 and 50 % of the features; the mean of the five.",
    reading: "Large: what was taken away was needed.",
    better: Better::Higher,
    caution: "It depends on the baseline, as deletion does, whose curve it is read from.",
    cost: "in the cost of deletion",
    paper: Paper {
        authors: "DeYoung et al. 2020",
        title: "ERASER: a benchmark to evaluate rationalized NLP models",
        id: "arXiv:1911.03429",
    },
};
