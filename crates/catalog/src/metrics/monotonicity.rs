//! Monotonicity.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "monotonicity",
    title: "Monotonicity",
    family: EvidenceFamily::Faithfulness,
    summary: "Features are put back onto the baseline by rising magnitude; the share of the steps that move the model's number the way the attribution's sign says. Where no attribution is negative, a share of 1 is Arya's measure.",
    reading: "Near 1.",
    better: Better::Higher,
    caution: "Signs alone are judged, not sizes. Left out above 256 features.",
    cost: "(1 + N) x baseline rows",
    paper: Paper {
        authors: "Arya et al. 2019",
        title: "One explanation does not fit all: a toolkit and taxonomy of AI explainability techniques",
        id: "arXiv:1909.03012",
    },
};
