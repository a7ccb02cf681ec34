//! Regression-adjusted sampling.

use super::shared::{COALITIONS, GROUPS, LINK};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "regression_shap",
    title: "Regression-adjusted sampling",
    family: Family::Shapley,
    summary: "Boosted trees learn how the output depends on which features are known; their exact Shapley values are corrected by what they get wrong on sets they have not seen.",
    when: "The output depends strongly on several features at once and passes are dear.",
    not_when: "The model is smooth or has few features: leverage_shap is then as good and simpler.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[COALITIONS, LINK, GROUPS],
    cost: Cost {
        forward: "coalitions * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Witter et al. 2025",
        title: "Regression-adjusted Monte Carlo estimators for Shapley values and probabilistic values",
        id: "arXiv:2506.11849",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
