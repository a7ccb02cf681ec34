//! Smooth model parameter randomisation.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "smooth_mprt",
    title: "Smooth model parameter randomisation",
    family: EvidenceFamily::Randomisation,
    summary: "The same of mean explanations over ten copies of the input with noise of a tenth of its range.",
    reading: "Near 0 once all layers are shuffled.",
    better: Better::Zero,
    caution: "The noise may take the copies away from what the model was trained on.",
    cost: "(models + 1) x 10 x that of the explanation",
    paper: Paper {
        authors: "Hedström et al. 2023",
        title: "Sanity checks revisited: an exploration to repair the model parameter randomisation test",
        id: "arXiv:2401.06465",
    },
};
