//! Performance.

use super::shared::TASK;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "performance",
    title: "Performance",
    family: Family::Performance,
    summary: "How well the model does on rows whose answer is known. Classes: accuracy, areas under the ROC and precision-recall curves, calibration (does 70 % come true in 70 % of cases), the confusion of true and told classes, and every threshold with its precision, recall, specificity and F1. Numbers: R2, mean errors, and residuals over the range of predictions.",
    when: "Before any explanation: what a model that is often wrong says of its reasons is of little use.",
    not_when: "On rows that the model was trained on: every figure is too good there.",
    needs: &[Need::Table, Need::Truth],
    output: Output::Performance,
    parameters: &[
        TASK,
        Parameter {
            name: "threshold",
            title: "Threshold",
            kind: Type::Number(0.0, 1.0),
            default: Default::Number(0.5),
            help: "Of two classes: a row whose probability of the class asked about is above this is told to be of that class.",
        },
        Parameter {
            name: "bins",
            title: "Calibration bins",
            kind: Type::Integer(2, 100),
            default: Default::Integer(10),
            help: "Bins of the calibration curve.",
        },
        Parameter {
            name: "bin_width",
            title: "Bins by",
            kind: Type::Choice(&["even", "quantiles"]),
            default: Default::Choice("even"),
            help: "Bins all of one width, or with about as many rows in each.",
        },
    ],
    cost: Cost {
        forward: "rows",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Guo et al. 2017",
        title: "On calibration of modern neural networks",
        id: "arXiv:1706.04599",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
