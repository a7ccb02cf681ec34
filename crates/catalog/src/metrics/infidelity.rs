//! Infidelity.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "infidelity",
    title: "Infidelity",
    family: EvidenceFamily::Faithfulness,
    summary: "Mean squared difference between what the attributions say of random sets of features (their sum) and how far the model's number falls when the set is exchanged.",
    reading: "Near zero, and far below the same figure of an attribution that says nothing, which stands beside it.",
    better: Better::Lower,
    caution: "Its unit is the square of the output's. For slopes and ranks only the figure after the best scaling means anything.",
    cost: "(1 + sets) x baseline rows",
    paper: Paper {
        authors: "Yeh et al. 2019",
        title: "On the (in)fidelity and sensitivity of explanations",
        id: "arXiv:1901.09392",
    },
};
