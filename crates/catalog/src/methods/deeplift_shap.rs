//! DeepLIFT SHAP.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "deeplift_shap",
    title: "DeepLIFT SHAP",
    family: Family::Propagation,
    summary: "DeepLIFT averaged over background rows as baselines: an estimate of Shapley values that takes a pass a row.",
    when: "Background rows describe 'not known' better than any single baseline.",
    not_when: "Exact Shapley values are wanted: what nodes do together is shared by rules, not by coalitions.",
    needs: &[Need::Gradients, Need::Background],
    output: Output::Input,
    parameters: &[],
    cost: Cost {
        forward: "2 * background",
        backward: "background",
    },
    paper: Some(Paper {
        authors: "Lundberg and Lee 2017",
        title: "A unified approach to interpreting model predictions",
        id: "arXiv:1705.07874",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: false,
};
