//! Sampling SHAP.

use super::shared::{GROUPS, TOLERANCE};
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "sampling_shap",
    title: "Sampling SHAP",
    family: Family::Shapley,
    summary: "Feature by feature: the mean difference that knowing it makes at a random moment of a random order against a random background row; features whose differences vary more get more samples. With standard errors.",
    when: "There are very many background rows, or very many features of which few matter.",
    not_when: "A few hundred features or fewer: leverage_shap errs less for the same passes.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "samples",
            title: "Samples",
            kind: Type::Integer(100, 10_000_000),
            default: Default::Integer(20_000),
            help: "Differences in all, two passes each.",
        },
        GROUPS,
        TOLERANCE,
    ],
    cost: Cost {
        forward: "2 * samples",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Strumbelj and Kononenko 2014",
        title: "Explaining prediction models and individual predictions with feature contributions",
        id: "10.1007/s10115-013-0679-x",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
