//! Sufficiency.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "sufficiency",
    title: "Sufficiency",
    family: EvidenceFamily::Faithfulness,
    summary: "The model's number minus what the top 1, 5, 10, 20 and 50 % of the features give by themselves on the baseline; the mean of the five.",
    reading: "Near zero or below: the top features alone are enough.",
    better: Better::Lower,
    caution: "It depends on the baseline, as insertion does, whose curve it is read from.",
    cost: "in the cost of insertion",
    paper: Paper {
        authors: "DeYoung et al. 2020",
        title: "ERASER: a benchmark to evaluate rationalized NLP models",
        id: "arXiv:1911.03429",
    },
};
