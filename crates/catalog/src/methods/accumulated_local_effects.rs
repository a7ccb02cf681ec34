//! Accumulated local effects.

use super::shared::DRAWN_COLUMNS;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "accumulated_local_effects",
    title: "Accumulated local effects",
    family: Family::Effect,
    summary: "How the output changes, on average over the rows that are near a value, when the column goes from that value to the next; added up along the column and shifted to a mean of zero over the rows. At 5 the curve says: here the output is so much above its mean because of this column.",
    when: "For a column's effect where columns go together: only small steps from rows that exist are asked, so nothing impossible is. It also costs less than partial dependence.",
    not_when: "Where there are few rows, steps are few and the curve is a guess: see its error. Labels have no order of their own; they are put in one by how alike their rows are, so that the curve of labels depends on the other columns.",
    needs: &[Need::Table],
    output: Output::Curve,
    parameters: &[
        DRAWN_COLUMNS,
        Parameter {
            name: "intervals",
            title: "Intervals",
            kind: Type::Integer(1, 1000),
            default: Default::Integer(40),
            help: "Intervals between quantiles of a column of numbers; fewer where values coincide.",
        },
    ],
    cost: Cost {
        forward: "2 * rows * columns",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Apley & Zhu 2020",
        title: "Visualizing the effects of predictor variables in black box supervised learning models",
        id: "arXiv:1612.08468",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
