//! `TracIn`.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "tracin",
    title: "TracIn",
    family: Family::Concept,
    summary: "Which training rows helped or hurt a prediction: over checkpoints, the learning rate times the product of two gradients of the loss by all weights, that of the row asked about and that of a training row.",
    when: "Checkpoints of the training are there, and you want the rows a wrong answer was learnt from, or rows with wrong labels.",
    not_when: "There is only the last checkpoint: gradients there are small and say little about how it was reached.",
    needs: &[Need::Gradients, Need::Truth],
    output: Output::Influence,
    parameters: &[
        Parameter {
            name: "loss",
            title: "Loss",
            kind: Type::Choice(&["auto", "cross_entropy", "squared"]),
            default: Default::Choice("auto"),
            help: "What training made small; auto: cross entropy if the model tells classes, else the squared error.",
        },
        Parameter {
            name: "top",
            title: "Rows named",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(10),
            help: "How many of the most helpful and of the most harmful rows are named.",
        },
    ],
    cost: Cost {
        forward: "2 * rows",
        backward: "rows",
    },
    paper: Some(Paper {
        authors: "Pruthi et al. 2020",
        title: "Estimating training data influence by tracing gradient descent",
        id: "arXiv:2002.08484",
    }),
    notice: Some(
        "It retells gradient descent as if each row had been alone in its step: momentum, adaptive rates, weight decay and dropout are left out. Running means of batch norm count as fixed.",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
