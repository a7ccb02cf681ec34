//! TCAV.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "tcav",
    title: "TCAV",
    family: Family::Concept,
    summary: "Whether a class is sensitive to a concept that is given by examples: a direction in a layer tells the concept's rows from others, and the score is the share of the rows asked about whose output rises along it.",
    when: "You can show what you mean by rows (striped and not striped), and ask whether the model uses it for a class.",
    not_when: "The layer does not tell the concept's rows from others: look at the accuracy first.",
    needs: &[Need::Gradients, Need::Layer],
    output: Output::Concept,
    parameters: &[
        Parameter {
            name: "layer",
            title: "Layer",
            kind: Type::Layer,
            default: Default::Null,
            help: "Value of the graph in which the concept is looked for; empty: the last convolution with its activation, or the last hidden layer where there is none.",
        },
        Parameter {
            name: "runs",
            title: "Runs",
            kind: Type::Integer(2, 500),
            default: Default::Integer(20),
            help: "Directions of the concept, each against a part of the other rows, and as many of chance, which are compared.",
        },
        Parameter {
            name: "penalty",
            title: "Penalty",
            kind: Type::Number(1e-6, 1000.0),
            default: Default::Number(0.01),
            help: "How much large weights of the classifier cost, against its mean loss, in units of the rows' spread.",
        },
        Parameter {
            name: "folds",
            title: "Folds",
            kind: Type::Integer(2, 20),
            default: Default::Integer(5),
            help: "Parts into which the rows are cut to measure the classifier on rows it was not fitted on.",
        },
    ],
    cost: Cost {
        forward: "rows",
        backward: "rows",
    },
    paper: Some(Paper {
        authors: "Kim et al. 2018",
        title: "Interpretability beyond feature attribution: quantitative testing with concept activation vectors",
        id: "arXiv:1711.11279",
    }),
    notice: Some(
        "Runs draw from the same rows, so they are not independent and the p-value is smaller than it should be; how the other rows were chosen decides what chance is.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
