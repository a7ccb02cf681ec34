//! Complexity.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "complexity",
    title: "Complexity",
    family: EvidenceFamily::Complexity,
    summary: "Entropy of the magnitudes' shares, in nats: 0 where one feature has all, the logarithm of the number of features where all have the same.",
    reading: "Neither end is right by itself; lower reads more easily.",
    better: Better::Neither,
    caution: "It does not ask the model, so it says nothing of whether the attribution is right.",
    cost: "0",
    paper: Paper {
        authors: "Bhatt et al. 2020",
        title: "Evaluating and aggregating feature-based model explanations",
        id: "arXiv:2005.00631",
    },
};
