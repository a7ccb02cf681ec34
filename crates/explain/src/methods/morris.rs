//! Morris screening (Morris 1991; mu* of Campolongo et al. 2007): elementary effects along random trajectories.

use ndarray::{Array1, Array2, Axis};
use serde_json::{Map, Value, json};

use super::partial_dependence::copy;
use crate::choice::Choices;
use crate::grid::{quantile, sorted};
use crate::random::Counter;
use crate::rows::row_scalars;
use crate::{AskRows, Column, ExplainError, Outcome, Runner};
use glassboard_model::OutputSpace;

const STREAM: u64 = 30;

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which columns move; the others keep the values of a random row.
    pub columns: Vec<usize>,
    /// How many trajectories.
    pub trajectories: usize,
    /// Levels of a column's range; even.
    pub levels: usize,
    /// Quantiles that are the ends of a column's range.
    pub share: (f64, f64),
}

/// One column at a time goes over part of its range, the others staying where the walk has brought them. An effect is
/// the change of the output for the whole range (for labels: for another label). Arrays, a value for each of the
/// columns: `mu_star` (mean size), `mu` (mean), `sigma` (standard deviation), `mu_star_error` (standard error), and
/// `effects`, `[columns, trajectories]`. Costs `trajectories x (columns + 1)` passes.
pub fn morris(run: &mut Runner<'_>, ask: &AskRows<'_>, options: &Options, seed: u64) -> Result<Outcome, ExplainError> {
    if !options.levels.is_multiple_of(2) {
        return Err(ExplainError::parameters(format!(
            "Morris screening needs an even number of levels, not {}",
            options.levels
        )));
    }
    let ranges: Vec<Range> = options
        .columns
        .iter()
        .map(|&column| Range::of(ask, column, options.share))
        .collect();
    let length = options.columns.len() + 1;
    let walks: Vec<Walk> = (0..options.trajectories)
        .map(|k| Walk::new(options, &ranges, ask.x.nrows(), Counter::new(seed, STREAM, k as u64)))
        .collect();
    run.stage("trajectories", 0.0, 1.0);
    let outputs = run.rows(
        ask.columns.len(),
        options.trajectories * length,
        &ask.readout,
        |i, row| {
            let walk = &walks[i / length];
            copy(ask, walk.row, row);
            for (place, &k) in walk.order.iter().enumerate() {
                let (from, to) = walk.steps[k];
                row[options.columns[k]] = if place < i % length { to } else { from };
            }
        },
    )?;
    let targets: Vec<usize> = (0..outputs.nrows())
        .map(|i| ask.targets[walks[i / length].row])
        .collect();
    let values = row_scalars(&outputs, OutputSpace::Raw, &targets)?;
    let mut effects = Array2::<f64>::zeros((options.columns.len(), options.trajectories));
    for (t, (walk, values)) in walks.iter().zip(values.chunks_exact(length)).enumerate() {
        for (place, &k) in walk.order.iter().enumerate() {
            let (from, to) = walk.steps[k];
            let part = ranges[k].part(from, to);
            if part != 0.0 {
                effects[[k, t]] = (values[place + 1] - values[place]) / part;
            }
        }
    }
    let r = options.trajectories as f64;
    let error = |sizes: &Array2<f64>| sizes.std_axis(Axis(1), 1.0) / r.sqrt();
    let sizes = effects.mapv(f64::abs);
    let mean = |of: &Array2<f64>| of.sum_axis(Axis(1)) / r;
    let found: Vec<_> = options
        .columns
        .iter()
        .zip(&ranges)
        .map(|(&column, range)| {
            let (from, to) = range.ends();
            json!({ "column": column, "name": ask.columns.names[column], "from": from, "to": to })
        })
        .collect();
    let columns: Array1<f64> = options.columns.iter().map(|&column| column as f64).collect();
    Ok(Outcome::default()
        .with("columns", columns.into_dyn())
        .with("mu_star", mean(&sizes).into_dyn())
        .with("mu", mean(&effects).into_dyn())
        .with("sigma", effects.std_axis(Axis(1), 1.0).into_dyn())
        .with("mu_star_error", error(&sizes).into_dyn())
        .with("effects", effects.into_dyn())
        .saying("columns", found))
}

/// Where a column moves.
enum Range {
    Numbers { low: f64, high: f64, whole: bool },
    Labels(Vec<f64>),
}

impl Range {
    fn of(ask: &AskRows<'_>, column: usize, share: (f64, f64)) -> Self {
        let mut values = sorted(ask.x.column(column).iter().copied());
        if ask.columns.kinds[column].is_category() {
            values.dedup();
            return Self::Labels(values);
        }
        Self::Numbers {
            low: quantile(&values, share.0),
            high: quantile(&values, share.1),
            whole: ask.columns.kinds[column] == Column::Integer,
        }
    }

    fn ends(&self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Numbers { low, high, .. } => (Some(*low), Some(*high)),
            Self::Labels(_) => (None, None),
        }
    }

    /// Two values of the column, apart by about half its range and a little more.
    fn step(&self, levels: usize, random: &mut Counter) -> (f64, f64) {
        // Both are drawn whatever the kind, so that one column's kind never changes another's walk.
        let (start, up) = (random.below(levels / 2), random.uniform() < 0.5);
        match self {
            Self::Numbers { low, high, whole } => {
                let at = |level: usize| {
                    let value = low + (high - low) * level as f64 / (levels - 1) as f64;
                    if *whole { value.round() } else { value }
                };
                let (a, b) = (at(start), at(start + levels / 2));
                if up { (a, b) } else { (b, a) }
            }
            Self::Labels(labels) if labels.len() > 1 => {
                let first = random.below(labels.len());
                let second = (first + 1 + random.below(labels.len() - 1)) % labels.len();
                (labels[first], labels[second])
            }
            Self::Labels(labels) => {
                let only = labels.first().copied().unwrap_or(f64::NAN);
                (only, only)
            }
        }
    }

    /// What part of the range the way from `from` to `to` is, with its sign; zero where there is none.
    fn part(&self, from: f64, to: f64) -> f64 {
        match self {
            Self::Numbers { low, high, .. } if high > low => (to - from) / (high - low),
            Self::Labels(_) if from.total_cmp(&to).is_ne() => 1.0,
            Self::Numbers { .. } | Self::Labels(_) => 0.0,
        }
    }
}

struct Walk {
    /// The row whose values the columns that do not move keep.
    row: usize,
    /// The order in which columns move.
    order: Vec<usize>,
    /// Where each column starts and ends.
    steps: Vec<(f64, f64)>,
}

impl Walk {
    fn new(options: &Options, ranges: &[Range], rows: usize, mut random: Counter) -> Self {
        let row = random.below(rows);
        let order = random.permutation(options.columns.len());
        let mut steps = Vec::new();
        for range in ranges {
            steps.push(range.step(options.levels, &mut random));
        }
        Self { row, order, steps }
    }
}

/// By the parameters of the catalogue.
pub fn answer(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &Map<String, Value>,
    seed: u64,
) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let options = Options {
        columns: choices.columns("columns", ask.columns)?,
        trajectories: choices.whole("trajectories"),
        levels: choices.whole("levels"),
        share: (choices.real("from"), choices.real("to")),
    };
    morris(run, ask, &options, seed)
}
