//! Feature permutation by row.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "feature_permutation",
    title: "Feature permutation by row",
    family: Family::Perturbation,
    summary: "How much a row's output falls when the value of one column is taken from another row of the set: the mean over several deals. Positive: the row's own value raises the output.",
    when: "For a value a row and column that needs neither gradients nor a baseline, only the set itself.",
    not_when: "The deals are few and random: see the error, and do not compare neighbours in rank. Shapley values with the set as background are the converged answer, and share interactions fairly.",
    needs: &[Need::Table],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "columns",
            title: "Columns",
            kind: Type::Columns,
            default: Default::Null,
            help: "Columns to measure, separated by commas; all where none is named. The others get 0.",
        },
        Parameter {
            name: "repeats",
            title: "Repeats",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(10),
            help: "Deals for each column; the reference library has one.",
        },
    ],
    cost: Cost {
        forward: "rows * (1 + columns * repeats)",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Molnar 2022",
        title: "Interpretable machine learning, chapter on permutation",
        id: "https://christophm.github.io/interpretable-ml-book/feature-importance.html",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
