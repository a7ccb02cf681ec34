//! Leverage SHAP.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "leverage_shap",
    title: "Leverage SHAP",
    family: Family::Shapley,
    summary: "Shapley values by regression over sets drawn by their leverage, every background row asked about sets of its own; with standard errors, which are several times smaller than KernelSHAP's for the same passes.",
    when: "The usual choice for a black box with more features than exact values allow.",
    not_when: "Numbers must equal another library's, or the shares must add up in log-odds (sets are then shared by all background rows, and the gain is smaller).",
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
        authors: "Musco and Witter 2024",
        title: "Provably accurate Shapley value estimation via leverage score sampling",
        id: "arXiv:2410.01917",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
