//! Remove and debias.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "road",
    title: "Remove and debias",
    family: EvidenceFamily::Faithfulness,
    summary: "Of a picture: the difference of the model's number with the least and with the most relevant pixels removed and filled in from around, so that the hole itself tells nothing (ROAD).",
    reading: "A larger difference.",
    better: Better::Higher,
    caution: "A large hole is filled in with little but a smooth colour, which is a picture of its own.",
    cost: "2 x shares x (1 + random)",
    paper: Paper {
        authors: "Rong et al. 2022",
        title: "A consistent and efficient evaluation strategy for attribution methods",
        id: "arXiv:2202.00449",
    },
};
