//! Integrated Gradients.

use super::shared::{PATH_STEPS, RULE};
use crate::entry::{Cost, Entry, Family, Need, Output, Paper};

pub(super) const ENTRY: Entry = Entry {
    name: "integrated_gradients",
    title: "Integrated Gradients",
    family: Family::Path,
    summary: "The gradient gathered along the straight path from a baseline to the input. Attributions sum to the difference of the outputs, up to the gap shown.",
    when: "The model has gradients and a meaningful baseline exists; values must add up to the change of the output.",
    not_when: "No baseline means 'nothing there' for this input.",
    needs: &[Need::Gradients],
    output: Output::Input,
    parameters: &[PATH_STEPS, RULE],
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
