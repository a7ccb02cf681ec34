//! KernelSHAP.

use super::shared::{COALITIONS, GROUPS, LINK, TOLERANCE};
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "kernel_shap",
    title: "KernelSHAP",
    family: Family::Shapley,
    summary: "Shapley values by a weighted regression over sampled sets of known features, drawn as the library shap draws them; with standard errors.",
    when: "Results must be comparable with those of shap, or shares on the log-odds scale are wanted.",
    not_when: "For less error at the same cost take leverage_shap; for trees alone TreeSHAP is exact and faster.",
    needs: &[Need::Table, Need::Background],
    output: Output::Input,
    parameters: &[
        COALITIONS,
        LINK,
        Parameter {
            name: "l1_reg",
            title: "Keep only",
            kind: Type::Text,
            default: Default::Null,
            help: "Which features may have a share: none for all of them, num_features(10), aic, bic, or a lasso penalty. shap keeps 10 unless told otherwise.",
        },
        GROUPS,
        TOLERANCE,
    ],
    cost: Cost {
        forward: "coalitions * background",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Lundberg and Lee 2017",
        title: "A unified approach to interpreting model predictions",
        id: "arXiv:1705.07874",
    }),
    notice: None,
    complete: true,
    uses_baseline: false,
    uses_seed: true,
};
