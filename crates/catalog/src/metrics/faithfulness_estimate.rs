//! Faithfulness estimate.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "faithfulness_estimate",
    title: "Faithfulness estimate",
    family: EvidenceFamily::Faithfulness,
    summary: "Pearson's correlation, over single features, of the attribution with how far the model's number falls when the feature alone is exchanged.",
    reading: "Near 1.",
    better: Better::Higher,
    caution: "Features that work only together look idle one by one. Left out above 256 features.",
    cost: "(1 + N) x baseline rows",
    paper: Paper {
        authors: "Alvarez-Melis and Jaakkola 2018",
        title: "Towards robust interpretability with self-explaining neural networks",
        id: "arXiv:1806.07538",
    },
};
