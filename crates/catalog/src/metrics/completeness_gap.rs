//! Completeness gap.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "completeness_gap",
    title: "Completeness gap",
    family: EvidenceFamily::Axiomatic,
    summary: "What the attributions and the value they start from add up to, minus the model's number.",
    reading: "Zero is complete: every part of the answer is accounted for. For methods that promise it (Shapley values, TreeSHAP, Integrated Gradients).",
    better: Better::Zero,
    caution: "A complete attribution can still be wrong: it says that nothing is missing, not that it went to the right feature.",
    cost: "0 where the method gives what it starts from, else 2",
    paper: Paper {
        authors: "Sundararajan et al. 2017",
        title: "Axiomatic attribution for deep networks",
        id: "arXiv:1703.01365",
    },
};
