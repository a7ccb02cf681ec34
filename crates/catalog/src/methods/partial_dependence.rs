//! Partial dependence and ICE.

use super::shared::{DRAWN_COLUMNS, FROM_QUANTILE, GRID_ROWS, TO_QUANTILE};
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "partial_dependence",
    title: "Partial dependence and ICE",
    family: Family::Effect,
    summary: "The mean output over the rows when one column is set to each value of a grid in every row; and the same for single rows (individual conditional expectation). The height is the output in its own unit, the spread is the standard deviation over rows.",
    when: "To see the shape of a column's effect: rising, with a step, with an optimum. Curves of single rows that are not parallel show that other columns change the effect; centred, they are easiest to compare.",
    not_when: "Columns that go together: setting one alone makes rows that cannot be, such as a tall person of little weight, and the model's answer there counts as much as any. Use accumulated local effects then.",
    needs: &[Need::Table],
    output: Output::Curve,
    parameters: &[
        DRAWN_COLUMNS,
        Parameter {
            name: "points",
            title: "Points",
            kind: Type::Integer(2, 1000),
            default: Default::Integer(100),
            help: "Points of the grid; a column with fewer values, and one of labels, has a point for each value.",
        },
        FROM_QUANTILE,
        TO_QUANTILE,
        Parameter {
            name: "curves",
            title: "Curves of rows",
            kind: Type::Integer(0, 10000),
            default: Default::Integer(500),
            help: "Rows whose own curve is kept, evenly spaced; 0: the mean alone. All rows count for the mean.",
        },
        Parameter {
            name: "centred",
            title: "Centred",
            kind: Type::Boolean,
            default: Default::Boolean(false),
            help: "Every curve starts at 0, so that shapes can be compared whatever the level.",
        },
        GRID_ROWS,
    ],
    cost: Cost {
        forward: "rows * points * columns",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Friedman 2001; Goldstein et al. 2015",
        title: "Greedy function approximation; Peeking inside the black box",
        id: "arXiv:1309.6392",
    }),
    notice: Some("It says what the model does, not what would happen in the world if the column were changed."),
    complete: false,
    uses_baseline: false,
    uses_seed: false,
};
