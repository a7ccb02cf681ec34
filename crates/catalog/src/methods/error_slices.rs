//! Where the errors are.

use super::shared::TASK;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "error_slices",
    title: "Where the errors are",
    family: Family::Performance,
    summary: "Rows by their loss, the worst first; and slices of the table, such as age >= 60 and sex = female, whose mean loss is higher than that of all other rows beyond chance. The effect is the difference in units of the spread: 0.2 is small, 0.8 is large. As very many slices are tried, the finds are corrected for it: of those listed, at most 5 % are expected to be chance.",
    when: "To find where a model fails, when nobody knows where to look.",
    not_when: "As proof: a slice that was found by looking for it must be shown again on other rows. With few rows nothing can be found.",
    needs: &[Need::Table, Need::Truth],
    output: Output::Performance,
    parameters: &[
        Parameter {
            name: "columns",
            title: "Columns",
            kind: Type::Columns,
            default: Default::Null,
            help: "Columns that conditions may be on, separated by commas; all where none is named.",
        },
        TASK,
        Parameter {
            name: "loss",
            title: "Loss",
            kind: Type::Choice(&["auto", "log_loss", "zero_one", "squared", "absolute"]),
            default: Default::Choice("auto"),
            help: "What a row's error is; auto: log-loss for classes, squared error for numbers.",
        },
        Parameter {
            name: "bins",
            title: "Bins",
            kind: Type::Integer(2, 50),
            default: Default::Integer(4),
            help: "Bins of a column of numbers, with about as many rows in each.",
        },
        Parameter {
            name: "conditions",
            title: "Conditions",
            kind: Type::Integer(1, 2),
            default: Default::Integer(2),
            help: "Most conditions of a slice; a second one is shown only where the slice says more than either alone.",
        },
        Parameter {
            name: "smallest",
            title: "Fewest rows",
            kind: Type::Integer(0, 1_000_000),
            default: Default::Integer(0),
            help: "Fewest rows of a slice; 0: a hundredth of the rows, at least 10.",
        },
        Parameter {
            name: "most",
            title: "Most shown",
            kind: Type::Integer(1, 10000),
            default: Default::Integer(100),
            help: "Most slices, and most rows, in the answer.",
        },
    ],
    cost: Cost {
        forward: "rows",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Chung et al. 2019",
        title: "Slice Finder: automated data slicing for model validation",
        id: "arXiv:1807.06068",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
