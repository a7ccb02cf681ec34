//! How well two models do on the same rows, whose answers are known.

use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::answers::{Answers, Reading, Task};
use glassboard_explain::paired::{Pair, compare};
use glassboard_explain::{AskRows, ExplainError, Readout, Runner};
use glassboard_jobs::spec::Span;
use glassboard_model::{ModelError, OutputSpace};
use glassboard_tables::Encoded;
use ndarray::Axis;
use serde_json::{Value, json};

use super::{Ears, Model};
use crate::explain_rows::{Facts, output_of_rows};
use crate::input::Input;
use crate::preprocess::Preprocess;
use crate::table::for_model;
use crate::trouble::Trouble;

/// Most rows that are run; what a bootstrap costs grows with them.
const MOST_ROWS: usize = 50_000;
/// Most rows times draws.
const MOST_DRAWN: usize = 20_000_000;

/// The result of `JobSpec::Metrics`.
pub fn metrics(
    a: Model<'_>,
    b: Model<'_>,
    table: &Input<'_>,
    draws: usize,
    seed: u64,
    ears: Ears<'_>,
) -> Result<Value, Trouble> {
    let Ears { progress, cancelled } = ears;
    let first = answers(a, table, None, (0.0, 0.2), progress, cancelled)?;
    let second = answers(b, table, Some(first.task), (0.2, 0.4), progress, cancelled)?;
    if first.rows != second.rows {
        return Err(Trouble::input(
            "the true answers of some rows are classes that only one of the models knows; name the labels in both models' preprocessing",
        ));
    }
    let rows = first.rows.len();
    // Fewer draws make an interval's ends rougher, never wrong; the answer says how many there were.
    let draws = draws.min((MOST_DRAWN / rows.max(1)).max(100));
    let pairs = compare(&first.answers, &second.answers, draws, seed, &mut |done| {
        if cancelled() {
            return Err(ExplainError::Model(ModelError::Cancelled));
        }
        if done % 20 == 0 {
            let message = format!("Drawing rows again, {done} of {draws}");
            progress(0.4 + 0.6 * done as f64 / draws.max(1) as f64, &message);
        }
        Ok(())
    })?;
    let sentences = said(&pairs, rows, &first);
    let notes: Vec<String> = first.said.into_iter().chain(second.said).collect();
    Ok(json!({
        "task": first.task.name(),
        "rows": rows,
        "rows_of_table": first.all,
        "rows_read": first.read,
        "draws": draws,
        "seed": seed,
        "figures": pairs.iter().map(told).collect::<Vec<_>>(),
        "sentences": sentences,
        "notes": notes,
        "a": { "model_hash": a.loaded.hash },
        "b": { "model_hash": b.loaded.hash },
        "engine_version": engine_version(),
        "instruction_set": instruction_set(),
    }))
}

/// What one model answers on the rows whose truth is known.
struct Answered {
    answers: Answers,
    task: Task,
    /// Which rows.
    rows: Vec<usize>,
    /// Rows of the table, and how many of them were run.
    all: usize,
    read: usize,
    /// What was guessed, a sentence each.
    said: Vec<String>,
}

fn answers(
    model: Model<'_>,
    table: &Input<'_>,
    task: Option<Task>,
    stage: (f64, f64),
    progress: &mut dyn FnMut(f64, &str),
    cancelled: &dyn Fn() -> bool,
) -> Result<Answered, Trouble> {
    let loaded = model.loaded;
    let (preprocess, _) = Preprocess::resolve(model.preprocess, &loaded.metadata, loaded.model.inputs())?;
    if preprocess.is_picture() {
        return Err(Trouble::input(
            "figures are computed on the rows of a table with a target column, and this model takes pictures",
        ));
    }
    let data = for_model(table.table()?, loaded, &preprocess)?;
    let span = Span {
        from: 0,
        count: MOST_ROWS,
    };
    let x = data.rows(span);
    if x.is_empty() {
        return Err(Trouble::input("the table has no rows"));
    }
    let encoded = Encoded::new(&*loaded.model, &data.encoder);
    let raw = Readout {
        output: output_of_rows(&encoded, None)?,
        space: OutputSpace::Raw,
    };
    let mut run = Runner::new(&encoded, progress, cancelled);
    run.stage("Predictions", stage.0, stage.1);
    let outputs = run.rows(x.ncols(), x.nrows(), &raw, |i, row| {
        row.iter_mut().zip(x.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    if let Some(bad) = outputs.iter().find(|v| !v.is_finite()) {
        return Err(Trouble::input(format!(
            "the model's output for these rows holds {bad}; check the preprocessing and missing values"
        )));
    }
    let facts = Facts::of(&mut run, &data, &preprocess, &outputs, &raw)?;
    let truth = data.truth(span, &facts.classes);
    let targets = vec![0; x.nrows()];
    let ask = AskRows::new(x.view(), raw, &targets, &data.columns)?;
    let reading = Reading::new(&ask, &outputs, truth.as_deref(), task)?;
    Ok(Answered {
        answers: reading.read(&outputs.select(Axis(0), &reading.rows)),
        task: reading.task,
        all: data.count(),
        read: x.nrows(),
        rows: reading.rows,
        said: facts.said,
    })
}

/// Null where a figure is not defined.
fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}

fn told(pair: &Pair) -> Value {
    json!({
        "name": pair.figure.name(),
        "title": pair.figure.title(),
        "better": if pair.figure.higher_is_better() { "higher" } else { "lower" },
        "a": number(pair.a),
        "b": number(pair.b),
        "difference": number(pair.b - pair.a),
        "low": number(pair.low),
        "high": number(pair.high),
        "spans_zero": pair.low <= 0.0 && pair.high >= 0.0,
        "draws": pair.draws,
    })
}

/// What was measured, in words.
fn said(pairs: &[Pair], rows: usize, read: &Answered) -> Vec<String> {
    let apart: Vec<&str> = pairs
        .iter()
        .filter(|pair| pair.low > 0.0 || pair.high < 0.0)
        .map(|pair| pair.figure.title())
        .collect();
    let all = pairs.len();
    let mut said = vec![match apart.as_slice() {
        [] => format!("On {rows} rows the 95 % interval of B − A holds zero for all {all} figures."),
        some => format!(
            "On {rows} rows the 95 % interval of B − A leaves out zero for {} of {all} figures: {}.",
            some.len(),
            some.join(", ")
        ),
    }];
    said.push(
        "An interval is from drawing these rows again, the same ones for both models; it says nothing about rows of another kind, and holds for its figure alone."
            .to_owned(),
    );
    if read.read < read.all {
        said.push(format!("The first {} of {} rows were run.", read.read, read.all));
    }
    said
}
