//! Region perturbation.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "region_perturbation",
    title: "Region perturbation",
    family: EvidenceFamily::Faithfulness,
    summary: "Of a picture: the same area while squares of pixels are exchanged, ranked by the sum of their attribution.",
    reading: "A larger area.",
    better: Better::Higher,
    caution: "The squares do not follow what is in the picture; a small object is spread over several.",
    cost: "2 x points x (1 + random) x baselines",
    paper: Paper {
        authors: "Samek et al. 2017",
        title: "Evaluating the visualization of what a deep neural network has learned",
        id: "arXiv:1509.06321",
    },
};
