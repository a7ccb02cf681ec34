//! Linear surrogate.

use super::shared::HELD_OUT;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "surrogate_linear",
    title: "Linear surrogate",
    family: Family::Surrogate,
    summary: "A linear model that imitates this one over the data set: one coefficient a column, per standard deviation, and its fidelity: how often (classes) or how well (R² of a number) it says the same on rows it was not fitted on.",
    when: "You want to know whether a simple formula would do, and in which direction each column works overall.",
    not_when: "Fidelity is not clearly above chance: then its coefficients say little about the model.",
    needs: &[Need::Table],
    output: Output::Surrogate,
    parameters: &[
        Parameter {
            name: "kind",
            title: "Kind",
            kind: Type::Choice(&["auto", "ridge", "logistic"]),
            default: Default::Choice("auto"),
            help: "ridge imitates the explained number, logistic the decision for the class; auto: logistic where there are classes.",
        },
        Parameter {
            name: "alpha",
            title: "Penalty",
            kind: Type::Number(0.0, 1e6),
            default: Default::Number(1.0),
            help: "Weight of the squared coefficients; more keeps coefficients of columns that go together small and alike.",
        },
        HELD_OUT,
    ],
    cost: Cost {
        forward: "rows",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Molnar 2022",
        title: "Interpretable machine learning, chapter Global surrogate",
        id: "isbn:979-8411463330",
    }),
    notice: Some(
        "It describes the model, not the data; coefficients of columns that go together cannot be told apart.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
