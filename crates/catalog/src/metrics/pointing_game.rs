//! Pointing game.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "pointing_game",
    title: "Pointing game",
    family: EvidenceFamily::Localisation,
    summary: "Whether the pixel of highest attribution lies inside a mask that somebody gave.",
    reading: "It does, and does not for moved maps.",
    better: Better::Higher,
    caution: "People and models may look at different things: a map beside the object can be right about the model.",
    cost: "none",
    paper: Paper {
        authors: "Zhang et al. 2018",
        title: "Top-down neural attention by excitation backprop",
        id: "arXiv:1608.00507",
    },
};
