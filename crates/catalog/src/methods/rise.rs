//! RISE.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "rise",
    title: "RISE",
    family: Family::Perturbation,
    summary: "The target probability under many random masks; a place counts as often as seeing it keeps the probability high.",
    when: "Any model of pictures, and thousands of passes are affordable.",
    not_when: "Few passes are affordable: the map is noisy below about a thousand masks.",
    needs: &[Need::Image],
    output: Output::Pixels,
    parameters: &[
        Parameter {
            name: "masks",
            title: "Masks",
            kind: Type::Integer(1, 20000),
            default: Default::Integer(1000),
            help: "Random masks.",
        },
        Parameter {
            name: "grid",
            title: "Grid",
            kind: Type::Integer(2, 64),
            default: Default::Integer(7),
            help: "Cells on a side of a mask before it is enlarged.",
        },
        Parameter {
            name: "p",
            title: "Share kept",
            kind: Type::Number(0.01, 0.99),
            default: Default::Number(0.5),
            help: "Probability that a cell is kept.",
        },
    ],
    cost: Cost {
        forward: "masks",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Petsiuk et al. 2018",
        title: "RISE: randomized input sampling for explanation of black-box models",
        id: "arXiv:1806.07421",
    }),
    notice: Some("Always explains the probability. Masked places become zero, whatever the baseline."),
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
