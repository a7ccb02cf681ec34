//! Faithfulness correlation.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "faithfulness_correlation",
    title: "Faithfulness correlation",
    family: EvidenceFamily::Faithfulness,
    summary: "Pearson's correlation, over random sets of a third of the features, of the sum of their attributions with how far the model's number falls when the set is exchanged.",
    reading: "Near 1.",
    better: Better::Higher,
    caution: "It has no value where nothing varies. With a few features there are only a few different sets.",
    cost: "(1 + sets) x baseline rows",
    paper: Paper {
        authors: "Bhatt et al. 2020",
        title: "Evaluating and aggregating feature-based model explanations",
        id: "arXiv:2005.00631",
    },
};
