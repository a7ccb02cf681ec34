//! Permutation SHAP.

use super::shared::{GROUPS, LINK, TOLERANCE};
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "permutation_shap",
    title: "Permutation SHAP",
    family: Family::Shapley,
    summary: "What each feature adds as features become known one after the other, averaged over random orders walked forward and backward, every background row in its own orders; with standard errors.",
    when: "A quick estimate that always adds up, exact where no more than two features interact.",
    not_when: "Many features interact at once and time allows leverage_shap.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "permutations",
            title: "Permutations",
            kind: Type::Integer(1, 100_000),
            default: Default::Integer(10),
            help: "Random orders, each walked in both directions.",
        },
        LINK,
        GROUPS,
        TOLERANCE,
    ],
    cost: Cost {
        forward: "2 * permutations * features * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Mitchell et al. 2022",
        title: "Sampling permutations for Shapley value estimation",
        id: "arXiv:2104.12199",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
