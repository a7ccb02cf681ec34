//! Anchors.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "anchors",
    title: "Anchor",
    family: Family::Examples,
    summary: "A rule that the row meets, such as age > 40 and city = Berlin: rows that meet it get the same answer whatever else they hold. Precision is how often, on rows drawn afresh; coverage is the share of the background that meets the rule.",
    when: "You want one sentence that says when this answer holds.",
    not_when: "The answer hangs on many columns at once: then the rule is long and covers almost only this row.",
    needs: &[Need::Table, Need::Background],
    output: Output::Rule,
    parameters: &[
        Parameter {
            name: "threshold",
            title: "Precision",
            kind: Type::Number(0.5, 1.0),
            default: Default::Number(0.95),
            help: "Share of rows meeting the rule that must keep the answer.",
        },
        Parameter {
            name: "delta",
            title: "Chance of error",
            kind: Type::Number(0.000_001, 0.5),
            default: Default::Number(0.1),
            help: "How sure the comparison of rules must be.",
        },
        Parameter {
            name: "tau",
            title: "Tolerance",
            kind: Type::Number(0.001, 0.5),
            default: Default::Number(0.15),
            help: "Difference of precision between two rules that does not matter while searching.",
        },
        Parameter {
            name: "batch",
            title: "Draws at a time",
            kind: Type::Integer(10, 10_000),
            default: Default::Integer(100),
            help: "Rows drawn for a rule before it is looked at again.",
        },
        Parameter {
            name: "beam",
            title: "Beam",
            kind: Type::Integer(1, 20),
            default: Default::Integer(2),
            help: "Rules kept at each length; more find wider rules and cost more.",
        },
        Parameter {
            name: "conditions",
            title: "Conditions",
            kind: Type::Integer(1, 20),
            default: Default::Integer(6),
            help: "Conditions of a rule, at most.",
        },
        Parameter {
            name: "bins",
            title: "Bins",
            kind: Type::Choice(&["quartile", "decile"]),
            default: Default::Choice("quartile"),
            help: "Where numbers may be cut: at quartiles or deciles of the background.",
        },
        Parameter {
            name: "within",
            title: "Same answer within",
            kind: Type::Number(0.0, 1e300),
            default: Default::Number(0.0),
            help: "For a model whose answer is a number: how far off counts as the same; 0: a quarter of the standard deviation of its answers.",
        },
        Parameter {
            name: "budget",
            title: "Passes",
            kind: Type::Integer(1000, 10_000_000),
            default: Default::Integer(50_000),
            help: "Passes for a row after which the search ends with the best rule so far.",
        },
    ],
    cost: Cost {
        forward: "rows * budget at most",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Ribeiro et al. 2018",
        title: "Anchors: high-precision model-agnostic explanations",
        id: "doi:10.1609/aaai.v32i1.11491",
    }),
    notice: Some(
        "Rows are drawn from the background column by column where the rule speaks, else as whole rows: precision is about such rows, not about the world.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
