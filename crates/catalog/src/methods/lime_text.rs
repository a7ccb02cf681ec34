//! LIME for text.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "lime_text",
    title: "LIME for text",
    family: Family::LocalSurrogate,
    summary: "A weighted linear model over which words are there, fitted to the answers for the sentence with words removed at random.",
    when: "You want one number a word that says what its presence does nearby.",
    not_when: "Order matters: a word is removed everywhere at once, and the fit knows no order.",
    needs: &[Need::Text],
    output: Output::Tokens,
    parameters: &[
        Parameter {
            name: "samples",
            title: "Samples",
            kind: Type::Integer(10, 20000),
            default: Default::Integer(1000),
            help: "Sentences that are looked at, the sentence itself among them.",
        },
        Parameter {
            name: "kernel_width",
            title: "Kernel width",
            kind: Type::Number(0.1, 1000.0),
            default: Default::Number(25.0),
            help: "How fast sentences that miss more words count for less; distances are 100 times the cosine distance.",
        },
    ],
    cost: Cost {
        forward: "samples",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Ribeiro et al. 2016",
        title: "Why should I trust you?",
        id: "arXiv:1602.04938",
    }),
    notice: Some("Another seed gives other numbers; the spread is shown."),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
