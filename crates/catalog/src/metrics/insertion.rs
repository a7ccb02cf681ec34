//! Insertion.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "insertion",
    title: "Insertion",
    family: EvidenceFamily::Faithfulness,
    summary: "The model's number while features (or pixels) are put back onto the baseline, highest attribution first, beside the same for shuffled attributions.",
    reading: "A curve that rises faster than those of random attributions: the area under it is larger.",
    better: Better::Higher,
    caution: "It depends on the baseline, as deletion does.",
    cost: "points x (1 + random) x baseline rows",
    paper: Paper {
        authors: "Petsiuk et al. 2018",
        title: "RISE: randomized input sampling for explanation of black-box models",
        id: "arXiv:1806.07421",
    },
};
