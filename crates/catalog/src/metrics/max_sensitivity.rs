//! Max-sensitivity.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "max_sensitivity",
    title: "Max-sensitivity",
    family: EvidenceFamily::Robustness,
    summary: "The method runs again on rows whose numbers moved a little (2 % of each column's spread; labels and missing values stay); the largest change of the attribution, as a share of its length.",
    reading: "Small. A value of 1 means that the attribution changed by as much as itself.",
    better: Better::Lower,
    caution: "A constant attribution is perfectly stable and says nothing. A tree may well change its answer at a threshold that lies near.",
    cost: "tries x the method",
    paper: Paper {
        authors: "Yeh et al. 2019",
        title: "On the (in)fidelity and sensitivity of explanations",
        id: "arXiv:1901.09392",
    },
};
