//! Pixel flipping.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "pixel_flipping",
    title: "Pixel flipping",
    family: EvidenceFamily::Faithfulness,
    summary: "Of a picture: the area between two curves of the model's number, one while the pixels of highest attribution are exchanged first, one while those of lowest are, beside the same for moved maps.",
    reading: "A larger area: the number falls sooner with the pixels that the map calls relevant.",
    better: Better::Higher,
    caution: "Scattered pixels are unlike any picture the model has seen; look at the same under several baselines, and at ROAD.",
    cost: "2 x points x (1 + random) x baselines",
    paper: Paper {
        authors: "Bach et al. 2015",
        title: "On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation",
        id: "10.1371/journal.pone.0130140",
    },
};
