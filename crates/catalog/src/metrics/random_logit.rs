//! Random logit.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "random_logit",
    title: "Random logit",
    family: EvidenceFamily::Randomisation,
    summary: "Spearman's correlation of the explanation's magnitudes with those for another class, drawn by the seed.",
    reading: "Well below 1.",
    better: Better::Lower,
    caution: "Two classes that exclude each other have explanations that mirror each other, whose magnitudes are rightly the same.",
    cost: "that of the explanation",
    paper: Paper {
        authors: "Sixt et al. 2020",
        title: "When explanations lie: why many modified BP attributions fail",
        id: "arXiv:1912.09818",
    },
};
