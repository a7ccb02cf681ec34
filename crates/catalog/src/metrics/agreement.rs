//! Agreement with other methods.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "agreement",
    title: "Agreement with other methods",
    family: EvidenceFamily::Agreement,
    summary: "Spearman's correlation with another method's attribution of the same row, how many of the top features both have, and how many of these with the same sign.",
    reading: "Agreement is a hint; where methods disagree, look at what each of them assumes.",
    better: Better::Higher,
    caution: "Methods that share an error agree.",
    cost: "the other method",
    paper: Paper {
        authors: "Krishna et al. 2022",
        title: "The disagreement problem in explainable machine learning: a practitioner's perspective",
        id: "arXiv:2202.01602",
    },
};
