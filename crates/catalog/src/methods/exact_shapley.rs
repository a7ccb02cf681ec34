//! Exact Shapley values.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "exact_shapley",
    title: "Exact Shapley values",
    family: Family::Shapley,
    summary: "What each feature adds to the output on average over every order in which features could become known; unknown ones are taken from background rows. Together they add up to the output less its background mean.",
    when: "There are few features (about 15), or features in a few groups, and the numbers must be exact.",
    not_when: "There are more than 20 features: the cost doubles with each. Like every method that mixes rows, it asks the model about rows that may not exist where features are correlated.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "link",
            title: "Adds up on",
            kind: Type::Choice(&["identity", "logit"]),
            default: Default::Choice("identity"),
            help: "The scale on which shares add up: the output as it is, or the log-odds of a probability.",
        },
        Parameter {
            name: "groups",
            title: "Groups",
            kind: Type::Text,
            default: Default::Null,
            help: "Columns taken together, names joined by + and groups separated by commas: age+sex, height+weight. A group's share is spread evenly over its columns.",
        },
    ],
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
