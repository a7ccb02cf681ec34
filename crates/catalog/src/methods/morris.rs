//! Morris screening.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "morris",
    title: "Morris screening",
    family: Family::Importance,
    summary: "Columns are moved one at a time, by about half their range, along random walks. The mean size of the change, scaled to the whole range, says how much a column matters (mu*); its standard deviation (sigma) says whether the effect is always the same or depends on where the walk is: bent, or acting together with others.",
    when: "To find, for few evaluations, which of many columns hardly matter.",
    not_when: "For numbers to rely on: walks cross regions where no row is, and ten walks are few. Use permutation importance or SHAP values to measure.",
    needs: &[Need::Table],
    output: Output::Importance,
    parameters: &[
        Parameter {
            name: "columns",
            title: "Columns",
            kind: Type::Columns,
            default: Default::Null,
            help: "Columns that move, separated by commas; all where none is named. The others keep the values of a random row.",
        },
        Parameter {
            name: "trajectories",
            title: "Trajectories",
            kind: Type::Integer(2, 10000),
            default: Default::Integer(10),
            help: "Random walks; each moves every column once.",
        },
        Parameter {
            name: "levels",
            title: "Levels",
            kind: Type::Integer(2, 64),
            default: Default::Integer(4),
            help: "Levels of a column's range, an even number.",
        },
        Parameter {
            name: "from",
            title: "From quantile",
            kind: Type::Number(0.0, 1.0),
            default: Default::Number(0.0),
            help: "The range of a column of numbers starts at this quantile.",
        },
        Parameter {
            name: "to",
            title: "To quantile",
            kind: Type::Number(0.0, 1.0),
            default: Default::Number(1.0),
            help: "The range ends at this quantile.",
        },
    ],
    cost: Cost {
        forward: "trajectories * (columns + 1)",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Morris 1991; Campolongo et al. 2007",
        title: "Factorial sampling plans for preliminary computational experiments",
        id: "doi:10.1080/00401706.1991.10484804",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
