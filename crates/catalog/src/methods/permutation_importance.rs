//! Permutation importance.

use super::shared::TASK;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "permutation_importance",
    title: "Permutation importance",
    family: Family::Importance,
    summary: "How much worse the score becomes when a column's values are dealt anew to the rows, so that the column says nothing any more: the mean over several deals, with its standard deviation. 0.1 of accuracy: one row in ten more is told wrongly.",
    when: "To rank columns by what the model's success on these rows rests on. Use rows that the model was not trained on.",
    not_when: "Columns that stand in for each other all look unimportant, as the model still has the others; and dealt values make rows that cannot be.",
    needs: &[Need::Table, Need::Truth],
    output: Output::Importance,
    parameters: &[
        Parameter {
            name: "columns",
            title: "Columns",
            kind: Type::Columns,
            default: Default::Null,
            help: "Columns to measure, separated by commas; all where none is named.",
        },
        Parameter {
            name: "repeats",
            title: "Repeats",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(5),
            help: "Deals for each column.",
        },
        Parameter {
            name: "score",
            title: "Score",
            kind: Type::Choice(&["auto", "accuracy", "auc", "log_loss", "r2", "mse", "mae"]),
            default: Default::Choice("auto"),
            help: "What becomes worse; auto: accuracy for classes, R2 for numbers.",
        },
        TASK,
    ],
    cost: Cost {
        forward: "rows * (1 + columns * repeats)",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Breiman 2001; Fisher et al. 2019",
        title: "All models are wrong, but many are useful",
        id: "arXiv:1801.01489",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
