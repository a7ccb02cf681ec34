//! KernelSHAP.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "kernel_shap",
    title: "KernelSHAP",
    family: Family::Shapley,
    summary: "Shapley values by a weighted regression over sampled sets of known features, drawn as the library shap draws them; with standard errors.",
    when: "Results must be comparable with those of shap, or shares on the log-odds scale are wanted.",
    not_when: "For less error at the same cost take leverage_shap; for trees alone TreeSHAP is exact and faster.",
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
            name: "l1_reg",
            title: "Keep only",
            kind: Type::Text,
            default: Default::Null,
            help: "Which features may have a share: none for all of them, num_features(10), aic, bic, or a lasso penalty. shap keeps 10 unless told otherwise.",
        },
        Parameter {
            name: "groups",
            title: "Groups",
            kind: Type::Text,
            default: Default::Null,
            help: "Columns taken together, names joined by + and groups separated by commas: age+sex, height+weight. A group's share is spread evenly over its columns.",
        },
        Parameter {
            name: "tolerance",
            title: "Tolerance",
            kind: Type::Number(0.0, 1.0),
            default: Default::Number(0.0),
            help: "Stops early once the largest standard error is below this share of the largest attribution; 0 uses the whole budget.",
        },
    ],
    cost: Cost {
        forward: "coalitions * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Lundberg and Lee 2017",
        title: "A unified approach to interpreting model predictions",
        id: "arXiv:1705.07874",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
