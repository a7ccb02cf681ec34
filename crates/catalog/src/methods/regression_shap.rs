//! Regression-adjusted sampling.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "regression_shap",
    title: "Regression-adjusted sampling",
    family: Family::Shapley,
    summary: "Boosted trees learn how the output depends on which features are known; their exact Shapley values are corrected by what they get wrong on sets they have not seen.",
    when: "The output depends strongly on several features at once and passes are dear.",
    not_when: "The model is smooth or has few features: leverage_shap is then as good and simpler.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "coalitions",
            title: "Coalitions",
            kind: Type::Integer(4, 1_000_000),
            default: Default::Null,
            help: "How many sets of known features are tried; if empty, 2,048 and two for each feature. If all sets fit, the values are exact.",
        },
        Parameter {
            name: "link",
            title: "Adds up on",
            kind: Type::Choice(&["identity", "logit"]),
            default: Default::Choice("identity"),
            help: "The scale on which shares add up: the output as it is, or the log-odds of a probability.",
        },
        Parameter {
            name: "groups",
            title: "Groups",
            kind: Type::Text,
            default: Default::Null,
            help: "Columns taken together, names joined by + and groups separated by commas: age+sex, height+weight. A group's share is spread evenly over its columns.",
        },
    ],
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
