//! Attribution localisation.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "attribution_localisation",
    title: "Attribution localisation",
    family: EvidenceFamily::Localisation,
    summary: "Share of the positive attribution that lies inside a given mask.",
    reading: "Near 1.",
    better: Better::Higher,
    caution: "It rises with the size of the mask: look at the moved maps beside it.",
    cost: "none",
    paper: Paper {
        authors: "Kohlbrenner et al. 2020",
        title: "Towards best practice in explaining neural network decisions with LRP",
        id: "arXiv:1910.09840",
    },
};
