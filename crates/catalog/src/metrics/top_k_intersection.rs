//! Top-k intersection.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "top_k_intersection",
    title: "Top-k intersection",
    family: EvidenceFamily::Localisation,
    summary: "Share of the highest pixels that lies inside a given mask.",
    reading: "Near 1.",
    better: Better::Higher,
    caution: "It looks at few pixels and says nothing of the others.",
    cost: "none",
    paper: Paper {
        authors: "Theiner et al. 2022",
        title: "Interpretable semantic photo geolocation",
        id: "arXiv:2104.14995",
    },
};
