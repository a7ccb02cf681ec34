//! Model parameter randomisation.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "mprt",
    title: "Model parameter randomisation",
    family: EvidenceFamily::Randomisation,
    summary: "Spearman's correlation of the explanation's magnitudes with those of the same explanation when the weights of the model are shuffled, layer by layer from the output down, each model keeping what was shuffled before.",
    reading: "Near 0 once all layers are shuffled.",
    better: Better::Zero,
    caution: "An edge detector passes no test of the model and may still fall a little; a map that shows the picture itself keeps some order however random the model is.",
    cost: "models x that of the explanation",
    paper: Paper {
        authors: "Adebayo et al. 2018",
        title: "Sanity checks for saliency maps",
        id: "arXiv:1810.03307",
    },
};
