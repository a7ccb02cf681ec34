//! Occlusion.

use crate::entry::{Cost, Default, Entry, Family, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "occlusion",
    title: "Occlusion",
    family: Family::Perturbation,
    summary: "How much the output falls when a window is replaced by the baseline, averaged over the windows that cover a place.",
    when: "The model has no gradients, or you want a plain answer: what happens when this is covered.",
    not_when: "Evidence is spread: covering any one place changes little.",
    needs: &[],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "window",
            title: "Window",
            kind: Type::Integer(0, 4096),
            default: Default::Integer(0),
            help: "Side of the window in pixels (features of a row); 0: an eighth of the shorter side (one feature).",
        },
        Parameter {
            name: "stride",
            title: "Stride",
            kind: Type::Integer(0, 4096),
            default: Default::Integer(0),
            help: "Step of the window; 0: half the window.",
        },
    ],
    cost: Cost {
        forward: "1 + windows",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Zeiler and Fergus 2013",
        title: "Visualizing and understanding convolutional networks",
        id: "arXiv:1311.2901",
    }),
    notice: Some("A window is off what the model was trained on; its size decides what can be seen."),
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
