//! Partial dependence on two columns.

use super::shared::{FROM_QUANTILE, GRID_ROWS, TO_QUANTILE};
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "partial_dependence_2d",
    title: "Partial dependence on two columns",
    family: Family::Effect,
    summary: "The mean output over the rows when two columns are set to each pair of values. The share of interaction is the part of the surface's variance that no curve of the first column plus a curve of the second explains: 0 for two effects that merely add up.",
    when: "To see how two columns act together, above all a pair whose single curves do not explain what the model does.",
    not_when: "Columns that go together, as for the curves of one column. The corners of the surface are where rows are fewest.",
    needs: &[Need::Table],
    output: Output::Curve,
    parameters: &[
        Parameter {
            name: "pairs",
            title: "Pairs",
            kind: Type::Text,
            default: Default::Null,
            help: "Two names with a comma between, and a semicolon between pairs: age, income; age, sex. Where none is named, the two columns whose curves move most.",
        },
        Parameter {
            name: "points",
            title: "Points",
            kind: Type::Integer(2, 200),
            default: Default::Integer(20),
            help: "Points along each column that has as many values.",
        },
        FROM_QUANTILE,
        TO_QUANTILE,
        GRID_ROWS,
    ],
    cost: Cost {
        forward: "rows * points * points * pairs",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Friedman 2001",
        title: "Greedy function approximation: a gradient boosting machine",
        id: "doi:10.1214/aos/1013203451",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
