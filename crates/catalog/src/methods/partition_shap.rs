//! Partition SHAP.

use super::shared::LINK;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "partition_shap",
    title: "Partition SHAP",
    family: Family::Shapley,
    summary: "Owen values: shares are dealt first between groups of correlated features, then within them, along a tree of the background's correlations.",
    when: "Features are strongly correlated: the sets that are tried keep related features together more often.",
    not_when: "Features are unrelated or the tree is arbitrary: shares then depend on it.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "coalitions",
            title: "Coalitions",
            kind: Type::Integer(4, 1_000_000),
            default: Default::Integer(500),
            help: "How many sets of known features are tried, largest effects first; what is left is shared evenly within a group.",
        },
        LINK,
    ],
    cost: Cost {
        forward: "coalitions * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Owen 1977",
        title: "Values of games with a priori unions",
        id: "10.1007/978-3-642-45494-3_7",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: false,
};
