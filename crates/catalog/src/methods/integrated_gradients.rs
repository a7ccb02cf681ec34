//! Integrated Gradients.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "integrated_gradients",
    title: "Integrated Gradients",
    family: Family::Path,
    summary: "The gradient gathered along the straight path from a baseline to the input. Attributions sum to the difference of the outputs, up to the gap shown.",
    when: "The model has gradients and a meaningful baseline exists; values must add up to the change of the output.",
    not_when: "No baseline means 'nothing there' for this input.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "n_steps",
            title: "Steps",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(50),
            help: "Points along the path from the baseline to the input; more make the completeness gap smaller.",
        },
        Parameter {
            name: "method",
            title: "Rule",
            kind: Type::Choice(&[
                "gausslegendre",
                "riemann_trapezoid",
                "riemann_left",
                "riemann_middle",
                "riemann_right",
            ]),
            default: Default::Choice("gausslegendre"),
            help: "How the integral along the path is approximated.",
        },
    ],
    cost: Cost {
        forward: "n_steps + 2",
        backward: "n_steps",
    },
    paper: Some(Paper {
        authors: "Sundararajan et al. 2017",
        title: "Axiomatic attribution for deep networks",
        id: "arXiv:1703.01365",
    }),
    notice: Some("The answer depends on the baseline: parts that equal it get zero."),
    complete: true,
    uses_baseline: true,
    uses_seed: false,
};
