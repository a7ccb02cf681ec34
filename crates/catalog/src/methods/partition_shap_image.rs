//! Partition SHAP for pictures.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "partition_shap_image",
    title: "Partition SHAP",
    family: Family::Shapley,
    summary: "Owen values: the output is shared out between the halves of the picture, then between the halves of those, the largest effects first, so that fine parts are tried where they matter.",
    when: "You want shares of a picture that add up to the output, from any model.",
    not_when: "Few evaluations are affordable: large parts are then shared evenly among their pixels.",
    needs: &[Need::Image],
    output: Output::Pixels,
    parameters: &[
        Parameter {
            name: "evaluations",
            title: "Evaluations",
            kind: Type::Integer(4, 100_000),
            default: Default::Integer(500),
            help: "Pictures that are tried; more gives finer parts.",
        },
        Parameter {
            name: "hide",
            title: "Hidden parts",
            kind: Type::Choice(&["blur", "inpaint", "mean", "zero", "baseline"]),
            default: Default::Choice("blur"),
            help: "What a hidden part looks like: the picture blurred, filled in from what is shown around it, its mean colour, zeros as the model sees them, or the baseline.",
        },
    ],
    cost: Cost {
        forward: "evaluations at most",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Owen 1977",
        title: "Values of games with a priori unions",
        id: "10.1007/978-3-642-45494-3_7",
    }),
    notice: None,
    complete: true,
    uses_baseline: true,
    uses_seed: false,
};
