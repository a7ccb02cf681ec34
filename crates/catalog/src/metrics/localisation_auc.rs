//! Localisation AUC.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "localisation_auc",
    title: "Localisation AUC",
    family: EvidenceFamily::Localisation,
    summary: "Area under the ROC curve of the attribution as a test for lying inside a given mask.",
    reading: "Near 1; a half is chance.",
    better: Better::Higher,
    caution: "It looks at the order of the pixels alone.",
    cost: "none",
    paper: Paper {
        authors: "Fawcett 2006",
        title: "An introduction to ROC analysis",
        id: "10.1016/j.patrec.2005.10.010",
    },
};
