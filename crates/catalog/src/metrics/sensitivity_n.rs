//! Sensitivity-n.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "sensitivity_n",
    title: "Sensitivity-n",
    family: EvidenceFamily::Faithfulness,
    summary: "Of a picture: over random sets of pixels of several sizes, the correlation of a set's attribution with what exchanging it does.",
    reading: "Near 1 at every size.",
    better: Better::Higher,
    caution: "Random sets of many pixels hardly differ in what they do; the correlation is then of noise.",
    cost: "3 x sets x baselines",
    paper: Paper {
        authors: "Ancona et al. 2018",
        title: "Towards better understanding of gradient-based attribution methods for deep neural networks",
        id: "arXiv:1711.06104",
    },
};
