//! Efficient model parameter randomisation.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "efficient_mprt",
    title: "Efficient model parameter randomisation",
    family: EvidenceFamily::Randomisation,
    summary: "By what share of itself the entropy of the explanation's magnitudes, in a hundred equal bins, rises when every layer is shuffled.",
    reading: "Above 0: an explanation of a model that knows nothing has less order.",
    better: Better::Higher,
    caution: "It compares how spread the values are, not where they lie.",
    cost: "that of the explanation",
    paper: Paper {
        authors: "Hedström et al. 2023",
        title: "Sanity checks revisited: an exploration to repair the model parameter randomisation test",
        id: "arXiv:2401.06465",
    },
};
