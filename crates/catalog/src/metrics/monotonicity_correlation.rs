//! Monotonicity correlation.

use crate::entry::Paper;
use crate::evidence::{Better, Evidence, EvidenceFamily};

pub(super) const METRIC: Evidence = Evidence {
    name: "monotonicity_correlation",
    title: "Monotonicity correlation",
    family: EvidenceFamily::Faithfulness,
    summary: "Spearman's correlation, over single features, of the attribution's magnitude with the mean squared change of the model's number when the feature takes the baseline's values.",
    reading: "Near 1: larger attributions go with larger effects.",
    better: Better::Higher,
    caution: "Order alone is judged. Left out above 256 features.",
    cost: "(1 + N) x baseline rows",
    paper: Paper {
        authors: "Nguyen and Martinez 2020",
        title: "On quantitative aspects of model interpretability",
        id: "arXiv:2007.07584",
    },
};
