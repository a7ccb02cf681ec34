//! Exact interactions.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "exact_interactions",
    title: "Exact interactions",
    family: Family::Shapley,
    summary: "How much two features do together beyond what each does alone, for every pair; the diagonal holds what is left of each feature. All cells of a row add up to its output less the background mean.",
    when: "A feature's share seems to depend on another's value and there are at most 16 features.",
    not_when: "There are more features, or only shares are wanted: tables of pairs are harder to read.",
    needs: &[Need::Table, Need::Background],
    output: Output::Interactions,
    parameters: &[Parameter {
        name: "index",
        title: "Index",
        kind: Type::Choice(&["taylor", "shapley"]),
        default: Default::Choice("taylor"),
        help: "Shapley-Taylor (the diagonal is what a feature does alone) or the Shapley interaction index that TreeSHAP shows.",
    }],
    cost: Cost {
        forward: "2^features * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Sundararajan et al. 2020",
        title: "The Shapley Taylor interaction index",
        id: "arXiv:1902.05622",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: false,
};
