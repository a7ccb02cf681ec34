//! LIME for rows of a table.

use super::shared::{AROUND_ROW, COLUMNS_NAMED, DISCRETIZER, KERNEL_WIDTH, MADE_UP_ROWS, SELECTION};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "lime_tabular",
    title: "LIME",
    family: Family::LocalSurrogate,
    summary: "Coefficients of a linear fit on made-up rows near this one: how much the output rises because the row meets a condition such as 3.2 < age <= 4.1. With each comes its standard error, and how well the fit describes the model (R²).",
    when: "You want a few readable conditions for one row, from any model.",
    not_when: "R² is low, or columns depend on each other: the made-up rows are drawn column by column and may be rows that never occur.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[
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
    notice: Some(
        "The coefficients depend on the kernel width and the bins; compare two settings before relying on them. They do not add up to the output.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
