//! LIME for rows of a table.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

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
        Parameter {
            name: "discretizer",
            title: "Discretizer",
            kind: Type::Choice(&["quartile", "decile", "entropy", "none"]),
            default: Default::Choice("quartile"),
            help: "How numbers are cut: quartile (four bins), decile (ten), entropy (where the model's answers part), none (a coefficient per standard deviation).",
        },
        Parameter {
            name: "samples",
            title: "Samples",
            kind: Type::Integer(10, 200_000),
            default: Default::Integer(5000),
            help: "Made-up rows that are looked at.",
        },
        Parameter {
            name: "features",
            title: "Columns named",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(10),
            help: "Columns that an answer may name, at most.",
        },
        Parameter {
            name: "feature_selection",
            title: "Selection",
            kind: Type::Choice(&["auto", "none", "forward_selection", "highest_weights", "lasso_path"]),
            default: Default::Choice("auto"),
            help: "How those columns are chosen; auto: one by one up to six, else by weight; none: all columns.",
        },
        Parameter {
            name: "kernel_width",
            title: "Kernel width",
            kind: Type::Number(0.0, 1000.0),
            default: Default::Number(0.0),
            help: "How far 'near' reaches; 0: three quarters of the square root of the number of columns.",
        },
        Parameter {
            name: "around_row",
            title: "Around the row",
            kind: Type::Boolean,
            default: Default::Boolean(false),
            help: "With discretizer none: draw numbers around the row instead of around the mean of the background.",
        },
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
