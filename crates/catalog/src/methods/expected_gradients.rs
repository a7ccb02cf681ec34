//! Expected gradients.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "expected_gradients",
    title: "Expected gradients",
    family: Family::Path,
    summary: "Integrated Gradients averaged over background rows as baselines.",
    when: "Background rows describe 'not known' better than any single baseline.",
    not_when: "Few background rows are at hand: the result then depends on which.",
    needs: &[Need::Gradients, Need::Background],
    output: Output::Input,
    parameters: &[Parameter {
        name: "samples",
        title: "Samples",
        kind: Type::Integer(1, 10000),
        default: Default::Integer(200),
        help: "Draws of a background row and a point on the path.",
    }],
    cost: Cost {
        forward: "samples",
        backward: "samples",
    },
    paper: Some(Paper {
        authors: "Erion et al. 2021",
        title: "Improving performance of deep learning models with axiomatic attribution priors and expected gradients",
        id: "arXiv:1906.10670",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
