//! Interactions by TreeSHAP.

use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "tree_shap_interactions",
    title: "TreeSHAP interactions",
    family: Family::Trees,
    summary: "How much of a row's raw output comes from two features together, beyond what each does alone. Half of an \
              interaction stands on either side of the diagonal, what a feature does alone on it; a feature's row adds \
              up to its path-dependent TreeSHAP value.",
    when: "The model is boosted trees or a forest and a dependence plot shows more than one line.",
    not_when: "Single values are enough: there are as many numbers as pairs of features.",
    needs: &[Need::Table, Need::Trees],
    output: Output::Interactions,
    parameters: &[],
    cost: Cost {
        forward: "0",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Lundberg et al. 2020",
        title: "From local explanations to global understanding with explainable AI for trees",
        id: "10.1038/s42256-019-0138-9",
    }),
    notice: Some(
        "Path-dependent: the shares of the training rows come from the model file, or are counted from the background \
         rows where it has none.",
    ),
    complete: true,
    uses_baseline: false,
    uses_seed: false,
};
