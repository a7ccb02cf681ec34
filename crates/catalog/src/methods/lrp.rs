//! Layer-wise relevance propagation.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "lrp",
    title: "LRP",
    family: Family::Propagation,
    summary: "The explained number, handed back from every node to its inputs by rules that keep its sum, up to what biases and stabilisers absorb.",
    when: "A clean map of what speaks for the output is wanted, in one pass and without a baseline.",
    not_when: "The sum must be exact, or the graph is full of operators without a rule; the gap says.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "composite",
            title: "Rules",
            kind: Type::Choice(&[
                "epsilon_plus",
                "epsilon_plus_flat",
                "epsilon_gamma",
                "epsilon_gamma_box",
                "epsilon_alpha2beta1",
                "epsilon_alpha2beta1_flat",
                "epsilon",
            ]),
            default: Default::Choice("epsilon_plus"),
            help: "Rules by kind of layer: epsilon for dense layers, z-plus, gamma or alpha-beta for convolutions, flat or z-box for the first layer.",
        },
        Parameter {
            name: "epsilon",
            title: "Epsilon",
            kind: Type::Number(0.0, 10.0),
            default: Default::Number(1e-6),
            help: "Stabiliser of every denominator; larger ones absorb what is weak and make maps sparser.",
        },
        Parameter {
            name: "gamma",
            title: "Gamma",
            kind: Type::Number(0.0, 100.0),
            default: Default::Number(0.25),
            help: "How much more positive parts weigh in gamma rules.",
        },
        Parameter {
            name: "low",
            title: "Lowest input",
            kind: Type::Number(-1e6, 0.0),
            default: Default::Null,
            help: "Lower bound of the prepared input for z-box; empty: its lowest value, or 0 if that is lower.",
        },
        Parameter {
            name: "high",
            title: "Highest input",
            kind: Type::Number(0.0, 1e6),
            default: Default::Null,
            help: "Upper bound of the prepared input for z-box; empty: its highest value, or 0 if that is higher.",
        },
    ],
    cost: Cost {
        forward: "1",
        backward: "1",
    },
    paper: Some(Paper {
        authors: "Bach et al. 2015",
        title: "On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation",
        id: "10.1371/journal.pone.0130140",
    }),
    notice: Some(
        "Patented in several countries, for example US 12,061,966 and EP 3,271,863 (Fraunhofer, TU Berlin): using it commercially may need a licence. Softmax, attention and normalisations go by the rules of AttnLRP (Achtibat et al. 2024).",
    ),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
