//! Submodular pick.

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
    notice: Some("What LIME gets wrong, this inherits: look at R² of each row."),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
