//! Iterative removal of segments.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "irof",
    title: "Iterative removal of segments",
    family: EvidenceFamily::Faithfulness,
    summary: "Of a picture: the same area while segments of like colour are exchanged, ranked by the mean of their attribution (IROF).",
    reading: "A larger area.",
    better: Better::Higher,
    caution: "It judges the map at the coarseness of the segments.",
    cost: "2 x points x (1 + random) x baselines",
    paper: Paper {
        authors: "Rieger and Hansen 2020",
        title: "IROF: a low resource evaluation metric for explanation methods",
        id: "arXiv:2003.08747",
    },
};
