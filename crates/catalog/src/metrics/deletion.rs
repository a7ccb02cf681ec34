//! Deletion.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "deletion",
    title: "Deletion",
    family: EvidenceFamily::Faithfulness,
    summary: "The model's number while features (or pixels) are exchanged for the baseline, highest attribution first, beside the same for shuffled attributions.",
    reading: "A curve that falls faster than those of random attributions: the area under it is smaller.",
    better: Better::Lower,
    caution: "It depends on the baseline: exchanged rows may be unlike anything the model has seen. Look at it under two.",
    cost: "points x (1 + random) x baseline rows",
    paper: Paper {
        authors: "Petsiuk et al. 2018",
        title: "RISE: randomized input sampling for explanation of black-box models",
        id: "arXiv:1806.07421",
    },
};
