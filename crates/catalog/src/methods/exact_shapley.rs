//! Exact Shapley values.

use super::shared::{GROUPS, LINK};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "exact_shapley",
    title: "Exact Shapley values",
    family: Family::Shapley,
    summary: "What each feature adds to the output on average over every order in which features could become known; unknown ones are taken from background rows. Together they add up to the output less its background mean.",
    when: "There are few features (about 15), or features in a few groups, and the numbers must be exact.",
    not_when: "There are more than 20 features: the cost doubles with each. Like every method that mixes rows, it asks the model about rows that may not exist where features are correlated.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[LINK, GROUPS],
    cost: Cost {
        forward: "2^features * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Shapley 1953",
        title: "A value for n-person games",
        id: "10.1515/9781400881970-018",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: false,
};
