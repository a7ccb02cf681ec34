//! Decision tree surrogate.

use super::shared::HELD_OUT;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "surrogate_tree",
    title: "Decision tree surrogate",
    family: Family::Surrogate,
    summary: "A small decision tree that imitates this model over the data set, as rules in words, with its fidelity: how often (classes) or how well (R² of a number) it says the same on rows it was not fitted on, beside what always saying the commonest class would reach.",
    when: "You want rules that a person can check, and to see what depth buys.",
    not_when: "Fidelity is not clearly above chance, or two runs with other seeds give other trees: then the rules are accidents.",
    needs: &[Need::Table],
    output: Output::Surrogate,
    parameters: &[
        Parameter {
            name: "depth",
            title: "Depth",
            kind: Type::Integer(1, 12),
            default: Default::Integer(4),
            help: "Questions from the root to a leaf, at most.",
        },
        Parameter {
            name: "leaves",
            title: "Leaves",
            kind: Type::Integer(0, 4096),
            default: Default::Integer(0),
            help: "Leaves, at most; 0: as many as the depth allows.",
        },
        Parameter {
            name: "rows_per_leaf",
            title: "Rows in a leaf",
            kind: Type::Integer(1, 100_000),
            default: Default::Integer(5),
            help: "Rows of the fit that a leaf must have.",
        },
        Parameter {
            name: "kind",
            title: "Kind",
            kind: Type::Choice(&["auto", "number"]),
            default: Default::Choice("auto"),
            help: "auto: imitate the class where there are classes; number: imitate the explained number.",
        },
        HELD_OUT,
    ],
    cost: Cost {
        forward: "rows",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Craven and Shavlik 1996",
        title: "Extracting tree-structured representations of trained networks",
        id: "NeurIPS 8",
    }),
    notice: Some("It describes the model, not the data."),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
