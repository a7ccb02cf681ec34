//! An explanation of rows of a table, in the table's own units: one row, many, or the whole set.

mod answer;
mod arrays;
mod background;
mod parts;
mod setting;

use std::time::Instant;

use glassboard_catalog::{Output, Scope};
use glassboard_explain::{Readout, Runner};
use glassboard_jobs::spec::{Background, Changes, Question, Span};
use glassboard_model::{Model, OutputSpace};
use glassboard_tables::Encoded;
use ndarray::Axis;
use serde_json::{Value, json};

pub(crate) use self::answer::Facts;
use self::arrays::Beside;
pub use self::arrays::{Numbers, RowsExplained};
use self::background::translated;
use self::parts::Parts;
use self::setting::{Ears, Setting};
use crate::input::Input;
use crate::preprocess::Preprocess;
use crate::reading::choose_output;
use crate::table::for_model;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// What is explained.
#[derive(Clone, Copy)]
pub struct RowQuery<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// The table.
    pub table: &'a Input<'a>,
    /// BLAKE3 of it.
    pub table_hash: &'a str,
    /// The row, where the question names no span.
    pub row: usize,
    /// The table of the background; none: the table itself.
    pub background: Option<&'a Input<'a>>,
    /// `preprocess.json` or null.
    pub preprocess: &'a Value,
    /// Method, parameters, target and so on.
    pub question: &'a Question,
    /// Other values for some columns of the row.
    pub changes: Option<&'a Changes>,
}

/// What a running explanation tells and asks.
pub struct Hooks<'a> {
    /// Hears a fraction and a sentence.
    pub progress: &'a mut dyn FnMut(f64, &str),
    /// Asked between batches.
    pub cancelled: &'a dyn Fn() -> bool,
    /// Hears what is known so far, at most twice a second.
    pub partial: &'a mut dyn FnMut(&RowsExplained),
}

/// The output that models made of trees or weights have beside their probabilities.
const MARGIN: &str = "margin";

/// Whether `method` works on rows of a table.
pub fn is_for_rows(method: &str) -> bool {
    matches!(glassboard_catalog::scope(method), Some(Scope::Row | Scope::Set))
}

/// Computes what `query` asks.
pub fn explain_rows(query: RowQuery<'_>, mut hooks: Hooks<'_>) -> Result<RowsExplained, Trouble> {
    let began = Instant::now();
    let RowQuery { loaded, question, .. } = query;
    let entry = glassboard_catalog::find(&question.method)
        .ok_or_else(|| Trouble::input(format!("there is no method `{}`", question.method)))?;
    (hooks.progress)(0.0, "Reading the table");
    let preprocess = Preprocess::of(loaded, query.preprocess)?;
    let data = for_model(query.table.table()?, loaded, &preprocess)?;
    let x = match (question.rows, query.changes) {
        (Some(span), _) => {
            // A span that begins behind the end is asked about its first row, which says so.
            data.row(span.from)?;
            data.rows(span)
        }
        (None, changes) => {
            let mut x = data.row(query.row)?;
            if let Some(changes) = changes {
                data.change(x.row_mut(0), changes)?;
            }
            x
        }
    };
    let span = question.rows.unwrap_or(Span {
        from: query.row,
        count: 1,
    });
    let asked = question.background.as_ref().map_or(Background::ROWS, |b| b.rows);
    let background = match query.background {
        Some(other) => translated(
            &for_model(other.table()?, loaded, &preprocess)?,
            &data,
            asked,
            question.seed,
        )?,
        None => data.sample(asked, question.seed),
    };

    let model = Encoded::new(&*loaded.model, &data.encoder);
    let output = output_of_rows(&model, question.output.as_deref())?;
    let mut run = Runner::new(&model, &mut *hooks.progress, hooks.cancelled);
    run.stage("Prediction", 0.0, 0.05);
    let raw = Readout {
        output: output.clone(),
        space: OutputSpace::Raw,
    };
    let predictions = run.rows(x.ncols(), x.nrows(), &raw, |i, row| {
        row.iter_mut().zip(x.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    if let Some(bad) = predictions.iter().find(|v| !v.is_finite()) {
        return Err(Trouble::input(format!(
            "the model's output for these rows holds {bad}; check the preprocessing and missing values"
        )));
    }
    let facts = Facts::of(&mut run, &data, &preprocess, &predictions, &raw)?;
    let spent = run.passes();
    let target = Facts::target(question, &predictions)?;
    let space = match question.on.as_str() {
        // A rule or another row speaks of an answer, yes or no, and a single margin is read as one by its probability.
        "logit" if predictions.ncols() == 1 && matches!(entry.output, Output::Rule | Output::Rows) => facts.probable,
        "logit" => OutputSpace::Raw,
        "prob" => facts.probable,
        other => return Err(Trouble::input(format!("`on` must be logit or prob, not `{other}`"))),
    };
    let setting = Setting {
        entry,
        question,
        model: &model,
        inner: &*loaded.model,
        data: &data,
        background,
        readout: Readout { output, space },
        target,
    };
    let truth = data.truth(span, &facts.classes);
    let typical = setting.background.mean_axis(Axis(0)).unwrap_or_default();
    let beside = Beside {
        x: x.view(),
        predictions: predictions.view(),
        truth: truth.as_deref(),
        typical: typical.view(),
        target,
    };

    let parts = Parts {
        query: &query,
        setting: &setting,
        facts: &facts,
        beside,
    };
    let (outcome, params, mut passes) = parts.gather(&mut hooks, spent)?;
    if let Some(attribution) = &outcome.attribution
        && attribution.iter().any(|v| !v.is_finite())
    {
        return Err(Trouble::internal(format!(
            "{} gave values that are not numbers for these rows",
            entry.title
        )));
    }
    let ears = Ears {
        progress: &mut *hooks.progress,
        cancelled: hooks.cancelled,
    };
    let weighed = setting.weigh(&x, &params, &outcome, &facts.words(&setting), ears)?;
    let evidence = match weighed {
        Some((evidence, said, spent)) => {
            passes.forward += spent.forward;
            passes.backward += spent.backward;
            (evidence, said)
        }
        None => (json!({}), Vec::new()),
    };
    let mut explained = parts.told(&outcome, &params, passes, x.nrows(), evidence);
    explained.answer["seconds"] = json!(began.elapsed().as_secs_f64());
    Ok(explained)
}

/// The output that rows are explained on: the one asked for, else the margin, else the first that is not a label.
pub(crate) fn output_of_rows(model: &dyn Model, asked: Option<&str>) -> Result<Option<String>, Trouble> {
    match asked {
        // Margins can be read as probabilities; probabilities cannot be read back without loss.
        None if model.outputs().iter().any(|name| name == MARGIN) => Ok(Some(MARGIN.to_owned())),
        asked => choose_output(model, asked),
    }
}
