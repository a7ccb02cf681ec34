//! `SmoothGrad`.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "smoothgrad",
    title: "SmoothGrad",
    family: Family::Gradient,
    summary: "The gradient averaged over noisy copies of the input.",
    when: "A gradient map is too noisy to read.",
    not_when: "The noise leaves what the model was trained on; check a small noise first.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "samples",
            title: "Samples",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(25),
            help: "Noisy copies.",
        },
        Parameter {
            name: "noise",
            title: "Noise",
            kind: Type::Number(0.0, 10.0),
            default: Default::Number(0.15),
            help: "Standard deviation of the noise as a share of the range of the input.",
        },
        Parameter {
            name: "kind",
            title: "Average of",
            kind: Type::Choice(&["smoothgrad", "smoothgrad_sq", "vargrad"]),
            default: Default::Choice("smoothgrad"),
            help: "The gradients, their squares, or their variance.",
        },
    ],
    cost: Cost {
        forward: "samples",
        backward: "samples",
    },
    paper: Some(Paper {
        authors: "Smilkov et al. 2017",
        title: "SmoothGrad: removing noise by adding noise",
        id: "arXiv:1706.03825",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
