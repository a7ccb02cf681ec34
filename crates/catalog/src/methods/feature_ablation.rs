//! Feature ablation.

use crate::entry::{Cost, Default, Entry, Family, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "feature_ablation",
    title: "Feature ablation",
    family: Family::Perturbation,
    summary: "How much the output falls when one feature (one cell of a grid in a picture) is replaced by the baseline.",
    when: "A row with few features, and a baseline that means 'absent'.",
    not_when: "Features act together: taking one away leaves the others to stand in.",
    needs: &[],
    output: Output::Input,
    parameters: &[Parameter {
        name: "cell",
        title: "Cell",
        kind: Type::Integer(0, 4096),
        default: Default::Integer(0),
        help: "Side of a grid cell in pixels; 0: an eighth of the shorter side (one feature of a row).",
    }],
    cost: Cost {
        forward: "1 + cells",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Merrick 2019",
        title: "Randomized ablation feature importance",
        id: "arXiv:1910.00174",
    }),
    notice: Some("One at a time: features that stand in for each other all look unimportant."),
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
