//! Subgroups side by side: what the model says and how well it does in each, against the rest.

use ndarray::Array2;
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Reading, Task};
use crate::choice::{Choices, pieces};
use crate::cohort::{Known, members};
use crate::grid::{quantile, sorted};
use crate::intervals::{Interval, Moments, newcombe, reach, welch, wilson};
use crate::random::Counter;
use crate::resampled::Resampled;
use crate::rows::row_scalars;
use crate::scores::{likeliest, log_losses};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};
use glassboard_model::OutputSpace;

const STREAM: u64 = 33;

/// What is compared.
#[derive(Debug, Clone)]
pub struct Options {
    /// A query each.
    pub queries: Vec<String>,
    /// Kind of answer; `None` for what the truth looks like.
    pub task: Option<Task>,
    /// Level of the intervals.
    pub level: f64,
    /// Resamples of the intervals that are found by drawing again.
    pub resamples: usize,
}

/// `found.cohorts`: for each query its rows and, figure by figure, the value, the value of the rest and their
/// difference, with intervals and how these were found. `found.all` has the figures of every row. The array `members`
/// (`[cohorts, rows]`) is 1 for the rows of a cohort. Without truth the predictions alone are compared.
pub fn cohorts(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    truth: Option<&[f64]>,
    options: &Options,
    seed: u64,
) -> Result<Outcome, ExplainError> {
    run.stage("rows", 0.0, 0.8);
    let width = ask.columns.len();
    let outputs = run.rows(width, ask.x.nrows(), &ask.readout, |i, row| {
        row.iter_mut().zip(ask.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    let prediction = row_scalars(&outputs, OutputSpace::Raw, ask.targets)?;
    let reading = match truth {
        Some(truth) => Some(Reading::new(ask, &outputs, Some(truth), options.task)?),
        None => None,
    };
    let set = Set::new(prediction, reading, &outputs);
    let known = set.known(ask.x.nrows());
    let everyone: Vec<usize> = (0..ask.x.nrows()).collect();
    let mut list = Vec::new();
    let mut flags = Array2::<f64>::zeros((options.queries.len(), ask.x.nrows()));
    for (k, query) in options.queries.iter().enumerate() {
        run.check_cancelled()?;
        let inside = members(ask, &known, query)?;
        for &row in &inside {
            flags[[k, row]] = 1.0;
        }
        let outside: Vec<usize> = everyone.iter().copied().filter(|&row| flags[[k, row]] == 0.0).collect();
        let figures = set.compare(&inside, &outside, options, |b| {
            Counter::new(seed, STREAM, (k * options.resamples + b) as u64)
        });
        list.push(json!({
            "query": query,
            "rows": inside.len(),
            "share": inside.len() as f64 / ask.x.nrows() as f64,
            "rows_with_truth": set.places(&inside).len(),
            "figures": figures,
        }));
    }
    let all = set.compare(&everyone, &[], options, |b| {
        Counter::new(seed, STREAM, (options.queries.len() * options.resamples + b) as u64)
    });
    let mut outcome = Outcome::default()
        .with("members", flags.into_dyn())
        .saying("cohorts", list)
        .saying("all", all)
        .saying("level", options.level);
    if let Some(reading) = &set.reading {
        outcome = outcome.saying("task", reading.task.name());
        if reading.task == Task::Classification {
            outcome = outcome.saying("positive", reading.target);
        }
    }
    Ok(outcome)
}

/// Everything known of the rows.
struct Set {
    prediction: Vec<f64>,
    reading: Option<Reading>,
    /// Of the rows whose truth is known.
    answers: Option<Answers>,
    /// Loss of the same.
    losses: Vec<f64>,
    /// For each row its place among those whose truth is known.
    place: Vec<Option<usize>>,
}

impl Set {
    fn new(prediction: Vec<f64>, reading: Option<Reading>, outputs: &Array2<f64>) -> Self {
        let mut place = vec![None; prediction.len()];
        let mut answers = None;
        if let Some(reading) = &reading {
            for (i, &row) in reading.rows.iter().enumerate() {
                place[row] = Some(i);
            }
            answers = Some(reading.read(&outputs.select(ndarray::Axis(0), &reading.rows)));
        }
        let losses = match &answers {
            None => Vec::new(),
            Some(answers @ Answers::Classes { .. }) => log_losses(answers),
            Some(Answers::Values { predicted, truth }) => {
                predicted.iter().zip(truth).map(|(p, t)| (t - p).powi(2)).collect()
            }
        };
        Self {
            prediction,
            reading,
            answers,
            losses,
            place,
        }
    }

    fn places(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().filter_map(|&row| self.place[row]).collect()
    }

    /// What a query may ask of a row besides its columns.
    fn known(&self, rows: usize) -> Known {
        let mut numbers = vec![("prediction", self.prediction.clone())];
        let (Some(reading), Some(answers)) = (&self.reading, &self.answers) else {
            return Known { numbers };
        };
        let spread = |values: Vec<f64>| {
            let mut all = vec![f64::NAN; rows];
            reading
                .rows
                .iter()
                .zip(values)
                .for_each(|(&row, value)| all[row] = value);
            all
        };
        numbers.push(("loss", spread(self.losses.clone())));
        match answers {
            Answers::Classes { probability, truth } => {
                let called: Vec<usize> = probability.rows().into_iter().map(likeliest).collect();
                let correct = called.iter().zip(truth).map(|(c, t)| f64::from(c == t));
                numbers.push(("correct", spread(correct.collect())));
                numbers.push(("predicted", spread(called.iter().map(|&c| c as f64).collect())));
                numbers.push(("truth", spread(truth.iter().map(|&t| t as f64).collect())));
            }
            Answers::Values { truth, .. } => numbers.push(("truth", spread(truth.clone()))),
        }
        Known { numbers }
    }

    /// Figure by figure, rows `inside` against rows `outside`.
    fn compare(
        &self,
        inside: &[usize],
        outside: &[usize],
        options: &Options,
        random: impl Fn(usize) -> Counter,
    ) -> Vec<Value> {
        let level = options.level;
        let moments = |rows: &[usize]| Moments::of(rows.iter().map(|&row| self.prediction[row]));
        let mut figures = vec![means("mean_prediction", moments(inside), moments(outside), level)];
        let (Some(reading), Some(answers)) = (&self.reading, &self.answers) else {
            return figures;
        };
        let (inside, outside) = (self.places(inside), self.places(outside));
        let losses = |rows: &[usize]| Moments::of(rows.iter().map(|&row| self.losses[row]));
        let loss = match answers {
            Answers::Classes { probability, truth } => {
                let called: Vec<usize> = probability.rows().into_iter().map(likeliest).collect();
                let share = |name, holds: &dyn Fn(usize) -> bool| {
                    let hits =
                        |rows: &[usize]| (rows.iter().filter(|&&row| holds(row)).count() as f64, rows.len() as f64);
                    shares(name, hits(&inside), hits(&outside), level)
                };
                figures.push(share("positive_rate", &|row| truth[row] == reading.target));
                figures.push(share("called_positive_rate", &|row| called[row] == reading.target));
                figures.push(share("accuracy", &|row| called[row] == truth[row]));
                "log_loss"
            }
            Answers::Values { predicted, truth } => {
                let of = |rows: &[usize], value: &dyn Fn(usize) -> f64| Moments::of(rows.iter().map(|&row| value(row)));
                for (name, value) in [
                    ("mean_truth", &(|row: usize| truth[row]) as &dyn Fn(usize) -> f64),
                    ("mean_residual", &|row| truth[row] - predicted[row]),
                    ("mae", &|row| (truth[row] - predicted[row]).abs()),
                ] {
                    figures.push(means(name, of(&inside, value), of(&outside, value), level));
                }
                "mse"
            }
        };
        figures.push(means(loss, losses(&inside), losses(&outside), level));
        for (name, score) in Resampled::all(answers, reading.target) {
            let (inside, outside) = (score.over(&inside), score.over(&outside));
            let (mut values, mut differences) = (Vec::new(), Vec::new());
            for b in 0..options.resamples {
                let mut random = random(b);
                let value = inside.drawn(&mut random);
                values.push(value);
                differences.push(value - outside.drawn(&mut random));
            }
            let ends = |values: Vec<f64>| {
                let values = sorted(values.into_iter());
                let side = (1.0 - level) / 2.0;
                (quantile(&values, side), quantile(&values, 1.0 - side))
            };
            let (value, rest) = (inside.value(), outside.value());
            let of = |value: f64, (low, high): (f64, f64)| Interval { value, low, high };
            figures.push(figure(
                name,
                of(value, ends(values)),
                rest,
                of(value - rest, ends(differences)),
                "bootstrap",
            ));
        }
        figures
    }
}

fn means(name: &str, inside: Moments, outside: Moments, level: f64) -> Value {
    let half = reach(level) * (inside.variance / inside.n).sqrt();
    let own = Interval {
        value: inside.mean,
        low: inside.mean - half,
        high: inside.mean + half,
    };
    let none = Interval {
        value: inside.mean - outside.mean,
        low: f64::NAN,
        high: f64::NAN,
    };
    let difference = welch(inside, outside, level).map_or(none, |test| test.difference);
    figure(name, own, outside.mean, difference, "normal; difference Welch")
}

fn shares(name: &str, inside: (f64, f64), outside: (f64, f64), level: f64) -> Value {
    let difference = newcombe(inside, outside, level);
    let rest = outside.0 / outside.1;
    figure(
        name,
        wilson(inside.0, inside.1, level),
        rest,
        difference,
        "Wilson; difference Newcombe",
    )
}

fn figure(name: &str, own: Interval, rest: f64, difference: Interval, interval: &str) -> Value {
    // What is not defined is null: a mean of no row, an area of one class.
    let number = |value: f64| if value.is_finite() { json!(value) } else { Value::Null };
    json!({
        "figure": name,
        "value": number(own.value),
        "low": number(own.low),
        "high": number(own.high),
        "rest": number(rest),
        "difference": number(difference.value),
        "difference_low": number(difference.low),
        "difference_high": number(difference.high),
        "interval": interval,
    })
}

/// By the parameters of the catalogue.
pub fn answer(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &Map<String, Value>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let queries = choices
        .text("cohorts")
        .map(|text| pieces(text, ';'))
        .unwrap_or_default();
    if queries.is_empty() {
        return Err(ExplainError::parameters(
            "no cohort is given; write conditions such as `age >= 60 and sex = female`, with `;` between cohorts",
        ));
    }
    let options = Options {
        queries,
        task: choices.text("task").and_then(Task::parse),
        level: choices.real("level"),
        resamples: choices.whole("resamples"),
    };
    cohorts(run, ask, extras.truth, &options, extras.seed)
}
