//! Saliency.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "saliency",
    title: "Saliency",
    family: Family::Gradient,
    summary: "How fast the output changes with each element of the input, whatever the direction.",
    when: "You want a first look in one pass: which pixels or features the output reacts to most.",
    not_when: "You need shares of the output: a gradient says how steep, not how much.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[Parameter {
        name: "abs",
        title: "Magnitude only",
        kind: Type::Boolean,
        default: Default::Boolean(true),
        help: "Drop the sign of the gradient.",
    }],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Simonyan et al. 2013",
        title: "Deep inside convolutional networks: visualising image classification models and saliency maps",
        id: "arXiv:1312.6034",
    }),
    notice: Some("A gradient says where a tiny change would matter, not what the prediction rests on."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
