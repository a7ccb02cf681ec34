//! An explanation of rows of a table, in the table's own units: one row, many, or the whole set.

use std::time::{Duration, Instant};

use glassboard_catalog::{Entry, Need, Output};
use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::tables::explain_rows as attribute;
use glassboard_explain::{AskRows, Columns, Outcome, Readout, RowExtras, Runner};
use glassboard_jobs::spec::{Question, Span};
use glassboard_model::columns::Writer;
use glassboard_model::{Model, OutputSpace};
use glassboard_tables::Encoded;
use ndarray::{Array2, ArrayD, ArrayView2, Axis, s};
use serde_json::{Value, json};

use crate::preprocess::Preprocess;
use crate::reading::{choose_output, labels};
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
}

/// An explanation of rows.
#[derive(Debug, Clone)]
pub struct RowsExplained {
    /// The object of `docs/api.md`.
    pub answer: Value,
    /// `attribution` (`[rows, features]`), `input`, `prediction`, `base`, `error`, `truth`, and what the method names.
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
            };
        }
        writer.finish()
    }
}

/// Rows of the first part of a long explanation; each later part takes about [`PART`].
const FIRST_ROWS: usize = 4;
/// How often what is known is told.
const PART: Duration = Duration::from_millis(400);

/// What is the same for every part.
struct Setting<'a> {
    entry: &'static Entry,
    question: &'a Question,
    model: &'a dyn Model,
    /// The model behind the encoder, for methods that need its inside.
    inner: &'a dyn Model,
    data: &'a ForModel,
    background: Array2<f64>,
    readout: Readout,
    target: usize,
}

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
    let data = for_model(read(query.table, query.facts)?, &*loaded.model, &preprocess)?;
    let whole = Span {
        from: query.row,
        count: 1,
    };
    let span = question.rows.unwrap_or(whole);
    let x = data.rows(span);
    if x.is_empty() {
        return Err(Trouble::input(format!(
            "the table has {} rows, so there is no row {} (the first is 0)",
            data.table.rows(),
            span.from
        )));
    }
    let asked = question.background.as_ref().map_or(100, |b| b.rows);
    let other = match query.background {
        Some((bytes, facts)) => Some(for_model(read(bytes, facts)?, &*loaded.model, &preprocess)?),
        None => None,
    };
    let background = match &other {
        Some(other) => translated(other, &data, asked, question.seed)?,
        None => data.sample(asked, question.seed),
    };

    let model = Encoded::new(&*loaded.model, &data.encoder);
    let output = choose_output(&model, question.output.as_deref())?;
    let mut run = Runner::new(&model, &mut *hooks.progress, hooks.cancelled);
    run.stage("Prediction", 0.0, 0.05);
    let raw = Readout {
        output: output.clone(),
        space: OutputSpace::Raw,
    };
    let predictions = run.rows(x.ncols(), x.nrows(), &raw, |i, row| {
        row.iter_mut().zip(x.row(i)).for_each(|(to, from)| *to = *from);
    })?;
    let spent = run.passes();
    if let Some(bad) = predictions.iter().find(|v| !v.is_finite()) {
        return Err(Trouble::input(format!(
            "the model's output for these rows holds {bad}; check the preprocessing and missing values"
        )));
    }
    let facts = Facts::of(&*loaded.model, &data, &preprocess, &predictions);
    let target = facts.target(question, &predictions)?;
    let space = match question.on.as_str() {
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
    let truth = data.truth(span, &facts.labels);

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
        let part = setting.part(
            x.slice(s![from..to, ..]),
            truth.as_deref().map(|t| &t[from..to]),
            &mut params,
            (share(from), share(to)),
            (&mut *hooks.progress, hooks.cancelled),
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
                    &params,
                    passes,
                    &predictions,
                    span,
                    x.nrows(),
                    from,
                    known,
                );
                (hooks.partial)(&RowsExplained {
                    answer,
                    arrays: arrays(
                        known,
                        done,
                        predictions.slice(s![..from, ..]),
                        truth.as_deref().map(|t| &t[..from]),
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
    let mut answer = facts.answer(
        &query,
        &setting,
        &params,
        passes,
        &predictions,
        span,
        x.nrows(),
        x.nrows(),
        &outcome,
    );
    answer["seconds"] = json!(began.elapsed().as_secs_f64());
    Ok(RowsExplained {
        arrays: arrays(&outcome, x.view(), predictions.view(), truth.as_deref()),
        answer,
    })
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
                    .mapv_inplace(|v| map.get(v as usize).copied().unwrap_or(f64::NAN));
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

impl Setting<'_> {
    /// Explains some of the rows.
    fn part(
        &self,
        x: ArrayView2<'_, f64>,
        truth: Option<&[f64]>,
        params: &mut serde_json::Map<String, Value>,
        stage: (f64, f64),
        hooks: (&mut dyn FnMut(f64, &str), &dyn Fn() -> bool),
    ) -> Result<(Outcome, glassboard_explain::Passes), Trouble> {
        let targets = vec![self.target; x.nrows()];
        let inside = self.entry.needs.contains(&Need::Trees) || self.entry.needs.contains(&Need::Linear);
        if inside && !self.data.encoder.is_identity() {
            return self.part_inside(x, truth, params, stage, hooks, &targets);
        }
        let mut run = Runner::new(self.model, hooks.0, hooks.1);
        run.stage(self.entry.title, stage.0, stage.1);
        let ask = AskRows::new(x, self.readout.clone(), &targets, &self.data.columns)?;
        let extras = RowExtras {
            background: self.background.view(),
            truth,
            seed: self.question.seed,
        };
        let outcome = attribute(&mut run, &ask, self.entry.name, params, extras)?;
        Ok((outcome, run.passes()))
    }

    /// Explains the model behind the encoder by its own columns, and adds these up by the table's.
    fn part_inside(
        &self,
        x: ArrayView2<'_, f64>,
        truth: Option<&[f64]>,
        params: &mut serde_json::Map<String, Value>,
        stage: (f64, f64),
        hooks: (&mut dyn FnMut(f64, &str), &dyn Fn() -> bool),
        targets: &[usize],
    ) -> Result<(Outcome, glassboard_explain::Passes), Trouble> {
        let encoder = &self.data.encoder;
        let encoded = |rows: ArrayView2<'_, f64>| encoder.encode(rows).map_err(|e| Trouble::input(e.to_string()));
        let (inner_x, background) = (encoded(x)?, encoded(self.background.view())?);
        let columns = Columns {
            names: encoder.names().to_vec(),
            kinds: vec![glassboard_explain::Column::Number; encoder.width()],
        };
        let mut run = Runner::new(self.inner, hooks.0, hooks.1);
        run.stage(self.entry.title, stage.0, stage.1);
        let ask = AskRows::new(inner_x.view(), self.readout.clone(), targets, &columns)?;
        let extras = RowExtras {
            background: background.view(),
            truth,
            seed: self.question.seed,
        };
        let mut outcome = attribute(&mut run, &ask, self.entry.name, params, extras)?;
        let features = encoder.features();
        // Every axis that runs over the model's columns is added up over the columns of a feature.
        let fold = |array: &ArrayD<f64>| -> ArrayD<f64> {
            let mut out = array.clone();
            for axis in 1..array.ndim() {
                if out.len_of(Axis(axis)) == encoder.width() {
                    let parts: Vec<_> = (0..features)
                        .map(|f| {
                            let range = encoder.columns_of(f);
                            out.slice_axis(Axis(axis), ndarray::Slice::from(range))
                                .sum_axis(Axis(axis))
                        })
                        .collect();
                    let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
                    out = ndarray::stack(Axis(axis), &views).unwrap_or(out);
                }
            }
            out
        };
        outcome.attribution = outcome.attribution.map(|a| fold(&a.mapv(f64::from)).mapv(|v| v as f32));
        for (_, array) in &mut outcome.arrays {
            *array = fold(array);
        }
        Ok((outcome, run.passes()))
    }
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
) -> Vec<(String, Numbers)> {
    let mut out = Vec::new();
    let mut put = |name: &str, numbers| out.push((name.to_owned(), numbers));
    if let Some(attribution) = &outcome.attribution {
        put("attribution", Numbers::Single(attribution.clone()));
    }
    put("input", Numbers::Double(x.to_owned().into_dyn()));
    put("prediction", Numbers::Double(predictions.to_owned().into_dyn()));
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

/// What is known of the model's answers.
struct Facts {
    labels: Vec<String>,
    /// How a probability is read from the output.
    probable: OutputSpace,
    /// Whether the outputs are classes, or one probability.
    classes: bool,
    preprocess: Preprocess,
}

impl Facts {
    fn of(model: &dyn Model, data: &ForModel, preprocess: &Preprocess, predictions: &Array2<f64>) -> Self {
        let width = predictions.ncols();
        let first: Vec<f32> = predictions.row(0).iter().map(|v| *v as f32).collect();
        let (probability, already) = crate::reading::probabilities(model, &first);
        let mut names = labels(preprocess, width);
        if preprocess.labels.len() != width {
            let known = [preprocess.labels.as_slice(), data.target_labels()];
            for labels in known {
                if labels.len() == width {
                    names = labels.to_vec();
                } else if width == 1 && labels.len() == 2 {
                    // One number for two classes speaks of the second.
                    names = vec![labels[1].clone()];
                }
            }
        }
        Self {
            labels: names,
            probable: if probability.is_some() && !already {
                OutputSpace::Probability
            } else {
                OutputSpace::Raw
            },
            classes: probability.is_some(),
            preprocess: preprocess.clone(),
        }
    }

    /// The class explained: the one asked for; for one row the likeliest; for many the second of two, else the one
    /// that is predicted most often, so that every row speaks of the same.
    fn target(&self, question: &Question, predictions: &Array2<f64>) -> Result<usize, Trouble> {
        let width = predictions.ncols();
        if let Some(target) = question.target {
            if target >= width {
                return Err(Trouble::input(format!(
                    "target {target} is out of range: the model has {width} outputs"
                )));
            }
            return Ok(target);
        }
        let best = |row: ndarray::ArrayView1<'_, f64>| {
            let mut best = 0;
            for (i, value) in row.iter().enumerate() {
                if *value > row[best] {
                    best = i;
                }
            }
            best
        };
        if predictions.nrows() == 1 && question.rows.is_none() {
            return Ok(best(predictions.row(0)));
        }
        if width == 2 {
            return Ok(1);
        }
        let mut counts = vec![0usize; width];
        for row in predictions.rows() {
            counts[best(row)] += 1;
        }
        Ok(counts
            .iter()
            .enumerate()
            .max_by_key(|(i, n)| (**n, std::cmp::Reverse(*i)))
            .map_or(0, |(i, _)| i))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the answer names everything that decided it, once"
    )]
    fn answer(
        &self,
        query: &RowQuery<'_>,
        setting: &Setting<'_>,
        params: &serde_json::Map<String, Value>,
        passes: glassboard_explain::Passes,
        predictions: &Array2<f64>,
        span: Span,
        asked: usize,
        done: usize,
        outcome: &Outcome,
    ) -> Value {
        let Question { on, seed, evidence, .. } = query.question;
        let entry = setting.entry;
        let one = query.question.rows.is_none();
        let mut said: Vec<String> = setting.data.notes.clone();
        let mut found = outcome.found.clone();
        if let Some(Value::Array(own)) = found.remove("sentences") {
            said.extend(own.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        let gap = self.gap(setting, predictions, outcome);
        if let Some((gap, reach)) = gap {
            said.push(format!(
                "Base and attributions add up to the output of every row within {gap:.2e}; the outputs span {reach:.4}."
            ));
        }
        let probability = one.then(|| {
            let row = predictions.row(0);
            self.classes
                .then(|| glassboard_explain::rows::in_space(row, self.probable))
        });
        json!({
            "method": entry.name,
            "title": entry.title,
            "params": params,
            "target": setting.target,
            "target_label": self.labels.get(setting.target),
            "on": on,
            "output": setting.readout.output,
            "baseline": Value::Null,
            "background": { "table": query.question.background.as_ref().map_or(query.table_hash, |b| b.table.as_str()),
                "rows": setting.background.nrows(), "asked": query.question.background.as_ref().map_or(100, |b| b.rows) },
            "seed": seed,
            "model_hash": query.loaded.hash,
            "data_hash": query.table_hash,
            "row": one.then_some(span.from),
            "rows": (!one).then(|| json!({ "from": span.from, "count": asked, "done": done, "of": setting.data.table.rows() })),
            "engine_version": engine_version(),
            "instruction_set": instruction_set(),
            "passes": passes,
            "prediction": one.then(|| predictions.row(0).to_vec()),
            "probability": probability.flatten(),
            "labels": self.labels,
            "feature_names": setting.data.columns.names,
            "columns": setting.data.columns,
            "shape": outcome.attribution.as_ref().map(|a| &a.shape()[1..]),
            "base": outcome.base.as_ref().filter(|_| one).and_then(|b| b.first()),
            "completeness_gap": gap.map(|g| g.0),
            "evidence": {},
            "evidence_level": evidence,
            "sentences": said,
            "found": found,
            "notice": entry.notice,
            "preprocess": self.preprocess,
        })
    }

    /// Largest distance, over the rows, between base plus attributions and the output, and the span of the outputs;
    /// where the method's values add up at all.
    fn gap(&self, setting: &Setting<'_>, predictions: &Array2<f64>, outcome: &Outcome) -> Option<(f64, f64)> {
        let (attribution, base) = (outcome.attribution.as_ref()?, outcome.base.as_ref()?);
        if !setting.entry.complete || attribution.ndim() != 2 {
            return None;
        }
        let own = outcome.found.get("outputs").and_then(Value::as_array);
        let mut worst = 0.0f64;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (i, (row, base)) in attribution.rows().into_iter().zip(base).enumerate() {
            let output = match own {
                Some(own) => own.get(i)?.as_f64()?,
                None => *glassboard_explain::rows::in_space(predictions.row(i), setting.readout.space)
                    .get(setting.target)?,
            };
            let total = base + row.iter().map(|v| f64::from(*v)).sum::<f64>();
            worst = worst.max((total - output).abs());
            low = low.min(output).min(*base);
            high = high.max(output).max(*base);
        }
        Some((worst, high - low))
    }
}
