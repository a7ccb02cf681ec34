//! Submodular pick.

use super::shared::{AROUND_ROW, COLUMNS_NAMED, DISCRETIZER, KERNEL_WIDTH, MADE_UP_ROWS, SELECTION};
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "submodular_pick",
    title: "Submodular pick",
    family: Family::Examples,
    summary: "A few rows of the set, each with its LIME rules, chosen so that together they show the rules that matter most. 'Covered' is the share of the whole weight of rules that the rows picked so far show.",
    when: "You want to know a model by a handful of rows before trusting it.",
    not_when: "You look for errors or for rare groups: it picks what is common.",
    needs: &[Need::Table, Need::Background],
    output: Output::Rows,
    parameters: &[
        Parameter {
            name: "count",
            title: "Rows picked",
            kind: Type::Integer(1, 100),
            default: Default::Integer(5),
            help: "How many rows are shown.",
        },
        Parameter {
            name: "rows",
            title: "Rows explained",
            kind: Type::Integer(1, 100_000),
            default: Default::Integer(1000),
            help: "How many rows of the set are explained to pick from, at most; a random choice of them.",
        },
        DISCRETIZER,
        MADE_UP_ROWS,
        COLUMNS_NAMED,
        SELECTION,
        KERNEL_WIDTH,
        AROUND_ROW,
    ],
    cost: Cost {
        forward: "rows + samples",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Ribeiro et al. 2016",
        title: "Why should I trust you? Explaining the predictions of any classifier",
        id: "arXiv:1602.04938",
    }),
    notice: Some("What LIME gets wrong, this inherits: look at R² of each row."),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
