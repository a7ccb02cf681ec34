//! Leverage SHAP.

use super::shared::{COALITIONS, GROUPS, LINK, TOLERANCE};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "leverage_shap",
    title: "Leverage SHAP",
    family: Family::Shapley,
    summary: "Shapley values by regression over sets drawn by their leverage, every background row asked about sets of its own; with standard errors, which are several times smaller than KernelSHAP's for the same passes.",
    when: "The usual choice for a black box with more features than exact values allow.",
    not_when: "Numbers must equal another library's, or the shares must add up in log-odds (sets are then shared by all background rows, and the gain is smaller).",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[COALITIONS, LINK, GROUPS, TOLERANCE],
    cost: Cost {
        forward: "coalitions * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Musco and Witter 2024",
        title: "Provably accurate Shapley value estimation via leverage score sampling",
        id: "arXiv:2410.01917",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
