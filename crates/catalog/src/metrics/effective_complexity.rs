//! Effective complexity.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "effective_complexity",
    title: "Effective complexity",
    family: EvidenceFamily::Complexity,
    summary: "How many features have more than a hundred-thousandth of the largest magnitude.",
    reading: "Neither end is right by itself; fewer reads more easily.",
    better: Better::Neither,
    caution: "It does not ask the model, so it says nothing of whether the attribution is right.",
    cost: "0",
    paper: Paper {
        authors: "Nguyen and Martinez 2020",
        title: "On quantitative aspects of model interpretability",
        id: "arXiv:2007.07584",
    },
};
