//! Linear SHAP.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "linear_shap",
    title: "Linear SHAP",
    family: Family::Shapley,
    summary: "For a linear model: each weight times how far the value is from the background's mean. Exact, without a pass through the model.",
    when: "The model is linear and the raw output (log-odds for a classifier) is asked.",
    not_when: "The probability is asked: shares do not add up on that scale.",
    needs: &[Need::Table, Need::Linear, Need::Background],
    output: Output::Input,
    parameters: &[Parameter {
        name: "columns",
        title: "Columns are",
        kind: Type::Choice(&["independent", "correlated"]),
        default: Default::Choice("independent"),
        help: "Independent: the model's own weights decide. Correlated: unknown columns are expected from the known ones, as for jointly normal columns, so that a feature is credited for what it says of others.",
    }],
    cost: Cost {
        forward: "0",
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
