//! Sparseness.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "sparseness",
    title: "Sparseness",
    family: EvidenceFamily::Complexity,
    summary: "Gini coefficient of the magnitudes: 0 where every feature has the same, near 1 where one has all.",
    reading: "Neither end is right by itself: it says how short an honest summary can be.",
    better: Better::Neither,
    caution: "It does not ask the model, so it says nothing of whether the attribution is right.",
    cost: "0",
    paper: Paper {
        authors: "Chalasani et al. 2020",
        title: "Concise explanations of neural networks using adversarial training",
        id: "arXiv:1810.06583",
    },
};
