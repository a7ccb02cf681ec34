//! Permutation importance (Breiman 2001; Fisher et al. 2019): how much worse the model does without a column's order.

use ndarray::{Array1, Array2, Axis};
use serde_json::{Map, Value, json};

use super::partial_dependence::copy;
use crate::answers::{Task, answers};
use crate::choice::Choices;
use crate::random::Counter;
use crate::scores::Score;
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

const STREAM: u64 = 31;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which columns.
    pub columns: Vec<usize>,
    /// Orders tried for each.
    pub repeats: usize,
    /// Name of the score; `auto` for accuracy or r2.
    pub score: String,
    /// Kind of answer; `None` for what the truth looks like.
    pub task: Option<Task>,
}

/// A random order for each column and repeat.
pub fn seeded(seed: u64, repeats: usize) -> impl Fn(usize, usize, usize) -> Vec<usize> {
    move |column, repeat, rows| Counter::new(seed, STREAM, (column * repeats + repeat) as u64).permutation(rows)
}

/// How much worse the score becomes when a column's values change rows: the values of row `i` come from row
/// `order(column, repeat, rows)[i]` of the rows whose truth is known. Arrays: `mean` and `deviation` (over repeats,
/// `[columns]`), `falls` (`[columns, repeats]`), `columns`. Costs `rows x (1 + columns x repeats)` passes.
pub fn permutation_importance(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    truth: Option<&[f64]>,
    options: &Options,
    order: impl Fn(usize, usize, usize) -> Vec<usize>,
) -> Result<Outcome, ExplainError> {
    run.stage("as they are", 0.0, 0.02);
    let (reading, before, _) = answers(run, ask, truth, options.task)?;
    let score = Score::parse(&options.score, reading.task)?;
    let baseline = score.of(&before);
    if baseline.is_nan() {
        return Err(ExplainError::parameters(format!(
            "{} is not defined for these rows: they need at least two different true answers",
            score.name()
        )));
    }
    let (rows, count) = (reading.rows.len(), options.columns.len());
    let mut falls = Array2::<f64>::zeros((count, options.repeats));
    for (k, &column) in options.columns.iter().enumerate() {
        for repeat in 0..options.repeats {
            let done = |more: usize| {
                0.02 + 0.98 * (k * options.repeats + repeat + more) as f64 / (count * options.repeats) as f64
            };
            run.stage(&ask.columns.names[column], done(0), done(1));
            let from = order(column, repeat, rows);
            let outputs = run.rows(ask.columns.len(), rows, &ask.readout, |i, row| {
                copy(ask, reading.rows[i], row);
                row[column] = ask.x[[reading.rows[from[i]], column]];
            })?;
            falls[[k, repeat]] = score.fall(baseline, score.of(&reading.read(&outputs)));
        }
    }
    let mean = falls.mean_axis(Axis(1)).unwrap_or_else(|| Array1::zeros(count));
    let columns: Array1<f64> = options.columns.iter().map(|&column| column as f64).collect();
    let names: Vec<_> = options
        .columns
        .iter()
        .map(|&column| json!({ "column": column, "name": ask.columns.names[column] }))
        .collect();
    Ok(Outcome::default()
        .with("columns", columns.into_dyn())
        .with("mean", mean.into_dyn())
        .with("deviation", falls.std_axis(Axis(1), 0.0).into_dyn())
        .with("falls", falls.into_dyn())
        .saying("columns", names)
        .saying("score", score.name())
        .saying("baseline", baseline)
        .saying("task", reading.task.name())
        .saying("rows_used", rows))
}

/// By the parameters of the catalogue; the score that was chosen is written into them.
pub fn answer(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &mut Map<String, Value>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let options = Options {
        columns: choices.columns("columns", ask.columns)?,
        repeats: choices.whole("repeats"),
        score: choices.text("score").unwrap_or("auto").to_owned(),
        task: choices.text("task").and_then(Task::parse),
    };
    let order = seeded(extras.seed, options.repeats);
    let outcome = permutation_importance(run, ask, extras.truth, &options, order)?;
    for name in ["score", "task"] {
        params.insert(name.into(), outcome.found[name].clone());
    }
    Ok(outcome)
}
