//! Cohorts.

use super::shared::TASK;
use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "cohorts",
    title: "Cohorts",
    family: Family::Performance,
    summary: "Groups of rows side by side: how many, what the model says of them, how often it is right, and how far each figure is from that of all other rows, with an interval. An interval of a difference that does not hold 0 is a difference that chance alone would seldom make.",
    when: "To see whether the model does as well, and says the same, for the groups that matter: by sex, age, site, period.",
    not_when: "With many groups, some differ by chance: at 95 %, one in twenty. A difference does not say why.",
    needs: &[Need::Table],
    output: Output::Performance,
    parameters: &[
        Parameter {
            name: "cohorts",
            title: "Cohorts",
            kind: Type::Text,
            default: Default::Null,
            help: "A condition each, with a semicolon between, as in the table of runs: age >= 60 and sex = female; age < 60. Also known of each row: prediction, predicted, truth, correct, loss.",
        },
        TASK,
        Parameter {
            name: "level",
            title: "Level",
            kind: Type::Number(0.5, 0.999),
            default: Default::Number(0.95),
            help: "Level of the intervals.",
        },
        Parameter {
            name: "resamples",
            title: "Resamples",
            kind: Type::Integer(10, 100_000),
            default: Default::Integer(500),
            help: "Resamples for the intervals of areas, R2 and root mean squared error; the other intervals are computed (Wilson, Newcombe, Welch).",
        },
    ],
    cost: Cost {
        forward: "rows",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Newcombe 1998",
        title: "Interval estimation for the difference between independent proportions",
        id: "doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    }),
    notice: None,
    complete: false,
    uses_baseline: false,
    uses_seed: true,
};
