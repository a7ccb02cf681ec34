//! Token occlusion.

use super::shared::ABSENT;
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "token_occlusion",
    title: "Token occlusion",
    family: Family::Perturbation,
    summary: "How far the output falls when one token is taken away.",
    when: "You want numbers that are easy to say: without this word the output is so much lower.",
    not_when: "Words stand in for each other: taking one of two away changes nothing.",
    needs: &[Need::Text],
    output: Output::Tokens,
    parameters: &[ABSENT],
    cost: Cost {
        forward: "1 + tokens",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Zeiler and Fergus 2014",
        title: "Visualizing and understanding convolutional networks",
        id: "arXiv:1311.2901",
    }),
    notice: None,
    complete: false,
    uses_baseline: true,
    uses_seed: false,
};
