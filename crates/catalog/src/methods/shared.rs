//! Parameters that several methods have.

use crate::entry::{Default, Parameter, Type};

pub(super) const ABSENT: Parameter = Parameter {
    name: "absent",
    title: "Taken away",
    kind: Type::Choice(&["unk", "pad", "delete"]),
    default: Default::Choice("unk"),
    help: "What stands for a token that is taken away: the unknown token, padding in its place, or nothing (later tokens move up).",
};
pub(super) const AROUND_ROW: Parameter = Parameter {
    name: "around_row",
    title: "Around the row",
    kind: Type::Boolean,
    default: Default::Boolean(false),
    help: "With discretizer none: draw numbers around the row instead of around the mean of the background.",
};
pub(super) const COALITIONS: Parameter = Parameter {
    name: "coalitions",
    title: "Coalitions",
    kind: Type::Integer(4, 1_000_000),
    default: Default::Null,
    help: "How many sets of known features are tried; if empty, 2,048 and two for each feature. If all sets fit, the values are exact.",
};
pub(super) const COLUMNS_NAMED: Parameter = Parameter {
    name: "features",
    title: "Columns named",
    kind: Type::Integer(1, 1000),
    default: Default::Integer(10),
    help: "Columns that an answer may name, at most.",
};
pub(super) const DISCRETIZER: Parameter = Parameter {
    name: "discretizer",
    title: "Discretizer",
    kind: Type::Choice(&["quartile", "decile", "entropy", "none"]),
    default: Default::Choice("quartile"),
    help: "How numbers are cut: quartile (four bins), decile (ten), entropy (where the model's answers part), none (a coefficient per standard deviation).",
};
pub(super) const DRAWN_COLUMNS: Parameter = Parameter {
    name: "columns",
    title: "Columns",
    kind: Type::Columns,
    default: Default::Null,
    help: "Columns to draw, separated by commas; all where none is named.",
};
pub(super) const FROM_QUANTILE: Parameter = Parameter {
    name: "from",
    title: "From quantile",
    kind: Type::Number(0.0, 1.0),
    default: Default::Number(0.05),
    help: "The grid of a column of numbers starts at this quantile: beyond it there are few rows to learn from.",
};
pub(super) const GRID_ROWS: Parameter = Parameter {
    name: "rows",
    title: "Rows",
    kind: Type::Integer(0, 10_000_000),
    default: Default::Integer(0),
    help: "Rows that are used, evenly spaced in the table; 0: all.",
};
pub(super) const GROUPS: Parameter = Parameter {
    name: "groups",
    title: "Groups",
    kind: Type::Text,
    default: Default::Null,
    help: "Columns taken together, names joined by + and groups separated by commas: age+sex, height+weight. A group's share is spread evenly over its columns.",
};
pub(super) const HELD_OUT: Parameter = Parameter {
    name: "held_out",
    title: "Rows kept apart",
    kind: Type::Number(0.05, 0.9),
    default: Default::Number(0.3),
    help: "Share of the rows that the fit never sees and is judged on.",
};
pub(super) const KERNEL_WIDTH: Parameter = Parameter {
    name: "kernel_width",
    title: "Kernel width",
    kind: Type::Number(0.0, 1000.0),
    default: Default::Number(0.0),
    help: "How far 'near' reaches; 0: three quarters of the square root of the number of columns.",
};
pub(super) const LAYER: Parameter = Parameter {
    name: "layer",
    title: "Layer",
    kind: Type::Layer,
    default: Default::Null,
    help: "Value of the graph that is looked at; empty: the last convolution with its activation, or the last hidden layer where there is none.",
};
pub(super) const LINK: Parameter = Parameter {
    name: "link",
    title: "Adds up on",
    kind: Type::Choice(&["identity", "logit"]),
    default: Default::Choice("identity"),
    help: "The scale on which shares add up: the output as it is, or the log-odds of a probability.",
};
pub(super) const MADE_UP_ROWS: Parameter = Parameter {
    name: "samples",
    title: "Samples",
    kind: Type::Integer(10, 200_000),
    default: Default::Integer(5000),
    help: "Made-up rows that are looked at.",
};
pub(super) const MAPS_LAYER: Parameter = Parameter {
    name: "layer",
    title: "Layer",
    kind: Type::Layer,
    default: Default::Null,
    help: "Value of the graph whose maps are used; empty: the last convolution with its activation.",
};
pub(super) const NEURON: Parameter = Parameter {
    name: "neuron",
    title: "Neuron",
    kind: Type::Integer(0, 100_000_000),
    default: Default::Integer(0),
    help: "Which number of the layer's value for one input, counted through all of its axes from 0.",
};
pub(super) const NEURON_LAYER: Parameter = Parameter {
    name: "layer",
    title: "Layer",
    kind: Type::Layer,
    default: Default::Null,
    help: "Value of the graph that the neuron is in; empty: the last convolution with its activation, or the last hidden layer where there is none.",
};
pub(super) const NEURON_STEPS: Parameter = Parameter {
    name: "n_steps",
    title: "Steps",
    kind: Type::Integer(1, 1000),
    default: Default::Integer(50),
    help: "Points along the path from the baseline to the input.",
};
pub(super) const PATH_STEPS: Parameter = Parameter {
    name: "n_steps",
    title: "Steps",
    kind: Type::Integer(1, 1000),
    default: Default::Integer(50),
    help: "Points along the path from the baseline to the input; more make the completeness gap smaller.",
};
pub(super) const POOL: Parameter = Parameter {
    name: "pool",
    title: "Read from",
    kind: Type::Choice(&["auto", "mean", "first"]),
    default: Default::Choice("auto"),
    help: "Whose row is shown: the mean over all tokens or that of the first; auto takes the first where the tokenizer puts a mark there ([CLS]).",
};
pub(super) const RULE: Parameter = Parameter {
    name: "method",
    title: "Rule",
    kind: Type::Choice(&[
        "gausslegendre",
        "riemann_trapezoid",
        "riemann_left",
        "riemann_middle",
        "riemann_right",
    ]),
    default: Default::Choice("gausslegendre"),
    help: "How the integral along the path is approximated.",
};
pub(super) const SELECTION: Parameter = Parameter {
    name: "feature_selection",
    title: "Selection",
    kind: Type::Choice(&["auto", "none", "forward_selection", "highest_weights", "lasso_path"]),
    default: Default::Choice("auto"),
    help: "How those columns are chosen; auto: one by one up to six, else by weight; none: all columns.",
};
pub(super) const TASK: Parameter = Parameter {
    name: "task",
    title: "Task",
    kind: Type::Choice(&["auto", "classification", "regression"]),
    default: Default::Choice("auto"),
    help: "Whether the model tells classes or a number; auto: classes if every true answer is the number of one of its classes.",
};
pub(super) const TOLERANCE: Parameter = Parameter {
    name: "tolerance",
    title: "Tolerance",
    kind: Type::Number(0.0, 1.0),
    default: Default::Number(0.0),
    help: "Stops early once the largest standard error is below this share of the largest attribution; 0 uses the whole budget.",
};
pub(super) const TO_QUANTILE: Parameter = Parameter {
    name: "to",
    title: "To quantile",
    kind: Type::Number(0.0, 1.0),
    default: Default::Number(0.95),
    help: "The grid ends at this quantile.",
};
