//! An explanation of rows of a table, in the table's own units: one row, many, or the whole set.

#![expect(clippy::needless_pass_by_value, reason = "a view is a value")]

mod answer;
mod setting;

use std::time::{Duration, Instant};

use glassboard_catalog::Output;
use glassboard_explain::{Outcome, Readout, Runner};
use glassboard_jobs::spec::{Changes, Question, Span};
use glassboard_model::columns::Writer;
use glassboard_model::{Model, OutputSpace};
use glassboard_tables::Encoded;
use ndarray::{Array2, ArrayD, ArrayView2, Axis, s};
use serde_json::{Value, json};

pub(crate) use self::answer::Facts;
use self::answer::Told;
use self::setting::{Ears, Setting};
use crate::preprocess::Preprocess;
use crate::reading::choose_output;
use crate::table::{ForModel, for_model, read};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// What is explained.
#[derive(Clone, Copy)]
pub struct RowQuery<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// The table.
    pub table: &'a [u8],
    /// BLAKE3 of it.
    pub table_hash: &'a str,
    /// What is known of it.
    pub facts: &'a Value,
    /// The row, where the question names no span.
    pub row: usize,
    /// The table of the background and what is known of it; none: the table itself.
    pub background: Option<(&'a [u8], &'a Value)>,
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

/// An array of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// 32-bit floats.
    Single(ArrayD<f32>),
    /// 64-bit floats.
    Double(ArrayD<f64>),
    /// Whole numbers.
    Whole(ArrayD<i64>),
}

/// An explanation of rows.
#[derive(Debug, Clone)]
pub struct RowsExplained {
    /// The object of `docs/api.md`.
    pub answer: Value,
    /// `attribution` (`[rows, features]`), `input`, `baseline` (the mean of the background), `prediction`, `target`,
    /// `base`, `error`, `truth`, and what the method names.
    pub arrays: Vec<(String, Numbers)>,
}

impl RowsExplained {
    /// The columns file that goes with [`Self::answer`].
    pub fn columns(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        for (name, numbers) in &self.arrays {
            writer = match numbers {
                Numbers::Single(a) => writer.f32(name, a.shape(), &a.iter().copied().collect::<Vec<_>>()),
                Numbers::Double(a) => writer.f64(name, a.shape(), &a.iter().copied().collect::<Vec<_>>()),
                Numbers::Whole(a) => writer.i64(name, a.shape(), &a.iter().copied().collect::<Vec<_>>()),
            };
        }
        writer.finish()
    }
}

/// The output that models made of trees or weights have beside their probabilities.
const MARGIN: &str = "margin";
/// Rows by which the order of two labels is told.
const LABEL_ROWS: usize = 256;
/// Rows of the first part of a long explanation; each later part takes about [`PART`].
const FIRST_ROWS: usize = 4;
/// How often what is known is told.
const PART: Duration = Duration::from_millis(400);

/// Whether `method` works on rows of a table.
pub fn is_for_rows(method: &str) -> bool {
    let mut all = glassboard_catalog::row_methods()
        .iter()
        .chain(glassboard_catalog::data_methods());
    all.any(|entry| entry.name == method)
}

/// Computes what `query` asks.
pub fn explain_rows(query: RowQuery<'_>, hooks: Hooks<'_>) -> Result<RowsExplained, Trouble> {
    let began = Instant::now();
    let RowQuery { loaded, question, .. } = query;
    let entry = glassboard_catalog::find(&question.method)
        .ok_or_else(|| Trouble::input(format!("there is no method `{}`", question.method)))?;
    (hooks.progress)(0.0, "Reading the table");
    let (preprocess, _) = Preprocess::resolve(query.preprocess, &loaded.metadata, loaded.model.inputs())?;
    let data = for_model(read(query.table, query.facts)?, loaded, &preprocess)?;
    let whole = Span {
        from: query.row,
        count: 1,
    };
    let span = question.rows.unwrap_or(whole);
    let mut x = data.rows(span);
    if let Some(changes) = query.changes
        && question.rows.is_none()
        && !x.is_empty()
    {
        data.change(x.row_mut(0), changes)?;
    }
    if x.is_empty() {
        return Err(Trouble::input(format!(
            "the table has {} rows, so there is no row {} (the first is 0)",
            data.table.rows(),
            span.from
        )));
    }
    let asked = question.background.as_ref().map_or(100, |b| b.rows);
    let other = match query.background {
        Some((bytes, facts)) => Some(for_model(read(bytes, facts)?, loaded, &preprocess)?),
        None => None,
    };
    let background = match &other {
        Some(other) => translated(other, &data, asked, question.seed)?,
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
    let truth = data.truth(span, &facts.preprocess.labels);
    let typical = setting.background.mean_axis(Axis(0)).unwrap_or_default();

    let whole_set = matches!(
        entry.output,
        Output::Curve | Output::Importance | Output::Surrogate | Output::Performance
    ) || glassboard_catalog::data_methods().iter().any(|e| e.name == entry.name);
    let mut gathered: Option<Outcome> = None;
    let mut params = question.params.clone();
    let mut passes = spent;
    let mut from = 0;
    let mut size = if whole_set {
        x.nrows()
    } else {
        FIRST_ROWS.min(x.nrows())
    };
    let mut told = Instant::now();
    while from < x.nrows() {
        let to = (from + size).min(x.nrows());
        let share = |row: usize| 0.05 + 0.75 * row as f64 / x.nrows() as f64;
        let started = Instant::now();
        // One row sharpens in place; of many, whole rows are told below.
        let mut sharpened = Instant::now();
        let mut sharpen = |known: &Outcome| {
            if x.nrows() > 1 || sharpened.elapsed() < PART {
                return;
            }
            sharpened = Instant::now();
            let told = Told {
                params: &question.params,
                passes,
                asked: 1,
                done: 0,
                outcome: known,
                evidence: (json!({}), Vec::new()),
            };
            (hooks.partial)(&RowsExplained {
                answer: facts.answer(&query, &setting, &predictions, told),
                arrays: arrays(
                    known,
                    x.view(),
                    predictions.view(),
                    truth.as_deref(),
                    (typical.view(), target as i64),
                ),
            });
        };
        let part = setting.part(
            x.slice(s![from..to, ..]),
            truth.as_deref().map(|t| &t[from..to]),
            &mut params,
            (share(from), share(to)),
            Ears {
                progress: &mut *hooks.progress,
                cancelled: hooks.cancelled,
            },
            &mut sharpen,
        )?;
        passes.forward += part.1.forward;
        passes.backward += part.1.backward;
        gathered = Some(match gathered {
            None => part.0,
            Some(before) => joined(before, part.0)?,
        });
        let per_row = started.elapsed().as_secs_f64() / (to - from) as f64;
        size = ((PART.as_secs_f64() / per_row.max(1e-9)) as usize).clamp(1, 4096);
        from = to;
        if from < x.nrows() && told.elapsed() >= PART {
            told = Instant::now();
            if let Some(known) = &gathered {
                let done = x.slice(s![..from, ..]);
                let answer = facts.answer(
                    &query,
                    &setting,
                    &predictions,
                    Told {
                        params: &params,
                        passes,
                        asked: x.nrows(),
                        done: from,
                        outcome: known,
                        evidence: (json!({}), Vec::new()),
                    },
                );
                (hooks.partial)(&RowsExplained {
                    answer,
                    arrays: arrays(
                        known,
                        done,
                        predictions.slice(s![..from, ..]),
                        truth.as_deref().map(|t| &t[..from]),
                        (typical.view(), target as i64),
                    ),
                });
            }
        }
    }
    let outcome = gathered.ok_or_else(|| Trouble::internal("the method gave no answer"))?;
    if let Some(attribution) = &outcome.attribution
        && attribution.iter().any(|v| !v.is_finite())
    {
        return Err(Trouble::internal(format!(
            "{} gave values that are not numbers for these rows",
            entry.title
        )));
    }
    let words = facts.words(&setting);
    let weighed = setting.weigh(
        &x,
        &params,
        &outcome,
        &words,
        Ears {
            progress: &mut *hooks.progress,
            cancelled: hooks.cancelled,
        },
    )?;
    let evidence = match weighed {
        Some((evidence, said, spent)) => {
            passes.forward += spent.forward;
            passes.backward += spent.backward;
            (evidence, said)
        }
        None => (json!({}), Vec::new()),
    };
    let mut answer = facts.answer(
        &query,
        &setting,
        &predictions,
        Told {
            params: &params,
            passes,
            asked: x.nrows(),
            done: x.nrows(),
            outcome: &outcome,
            evidence,
        },
    );
    answer["seconds"] = json!(began.elapsed().as_secs_f64());
    Ok(RowsExplained {
        arrays: arrays(
            &outcome,
            x.view(),
            predictions.view(),
            truth.as_deref(),
            (typical.view(), target as i64),
        ),
        answer,
    })
}

/// The output that rows are explained on: the one asked for, else the margin, else the first that is not a label.
pub(crate) fn output_of_rows(model: &dyn Model, asked: Option<&str>) -> Result<Option<String>, Trouble> {
    match asked {
        // Margins can be read as probabilities; probabilities cannot be read back without loss.
        None if model.outputs().iter().any(|name| name == MARGIN) => Ok(Some(MARGIN.to_owned())),
        asked => choose_output(model, asked),
    }
}

/// Background rows of another table, in the units of `data`: categories by the labels of its columns.
fn translated(other: &ForModel, data: &ForModel, count: usize, seed: u64) -> Result<Array2<f64>, Trouble> {
    let mut rows = other.sample(count, seed);
    for (at, (theirs, ours)) in other.columns.kinds.iter().zip(&data.columns.kinds).enumerate() {
        use glassboard_explain::Column;
        match (theirs, ours) {
            (Column::Category(from), Column::Category(to)) if from != to => {
                let map: Vec<f64> = from
                    .iter()
                    .map(|label| {
                        to.iter()
                            .position(|known| known == label)
                            .map_or(f64::NAN, |i| i as f64)
                    })
                    .collect();
                rows.column_mut(at)
                    .mapv_inplace(|v| map.get(v as usize).copied().filter(|_| v >= 0.0).unwrap_or(f64::NAN));
            }
            (Column::Category(_), Column::Category(_)) => {}
            (Column::Category(_), _) | (_, Column::Category(_)) => {
                return Err(Trouble::input(format!(
                    "column `{}` holds labels in one of table and background and numbers in the other; say its kind in the data set",
                    data.columns.names[at]
                )));
            }
            _ => {}
        }
    }
    Ok(rows)
}

/// `next` below `before`.
fn joined(before: Outcome, next: Outcome) -> Result<Outcome, Trouble> {
    fn below<T: Clone>(a: Option<ArrayD<T>>, b: Option<ArrayD<T>>) -> Result<Option<ArrayD<T>>, Trouble> {
        let (Some(a), Some(b)) = (a, b) else { return Ok(None) };
        let joined = ndarray::concatenate(Axis(0), &[a.view(), b.view()]);
        joined
            .map(Some)
            .map_err(|e| Trouble::internal(format!("parts of the answer do not line up: {e}")))
    }
    let mut arrays = Vec::with_capacity(before.arrays.len());
    for ((name, a), (_, b)) in before.arrays.into_iter().zip(next.arrays) {
        // What has no row of its own (a model's own facts) is the same in every part.
        let rows = before.attribution.as_ref().map(|all| all.len_of(Axis(0)));
        let joined = if a.ndim() > 0 && Some(a.len_of(Axis(0))) == rows {
            below(Some(a), Some(b))?
        } else {
            Some(a)
        };
        arrays.extend(joined.map(|array| (name, array)));
    }
    Ok(Outcome {
        base: before.base.zip(next.base).map(|(a, b)| [a, b].concat()),
        error: below(before.error, next.error)?,
        attribution: below(before.attribution, next.attribution)?,
        arrays,
        found: before.found,
    })
}

fn arrays(
    outcome: &Outcome,
    x: ArrayView2<'_, f64>,
    predictions: ArrayView2<'_, f64>,
    truth: Option<&[f64]>,
    (typical, target): (ndarray::ArrayView1<'_, f64>, i64),
) -> Vec<(String, Numbers)> {
    let mut out = Vec::new();
    let mut put = |name: &str, numbers| out.push((name.to_owned(), numbers));
    if let Some(attribution) = &outcome.attribution {
        put("attribution", Numbers::Single(attribution.clone()));
    }
    put("input", Numbers::Double(x.to_owned().into_dyn()));
    put(
        "baseline",
        Numbers::Double(typical.to_owned().insert_axis(Axis(0)).into_dyn()),
    );
    put("prediction", Numbers::Double(predictions.to_owned().into_dyn()));
    put(
        "target",
        Numbers::Whole(ArrayD::from_elem(ndarray::IxDyn(&[x.nrows()]), target)),
    );
    if let Some(base) = &outcome.base {
        put("base", Numbers::Double(ndarray::aview1(base).to_owned().into_dyn()));
    }
    if let Some(error) = &outcome.error {
        put("error", Numbers::Single(error.clone()));
    }
    if let Some(truth) = truth {
        put("truth", Numbers::Double(ndarray::aview1(truth).to_owned().into_dyn()));
    }
    for (name, array) in &outcome.arrays {
        put(name, Numbers::Double(array.clone()));
    }
    out
}
