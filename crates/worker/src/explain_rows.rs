//! An explanation of rows of a table, in the table's own units: one row, many, or the whole set.

use std::time::{Duration, Instant};

use glassboard_catalog::{Entry, Need, Output};
use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::tables::explain_rows as attribute;
use glassboard_explain::evidence::{Judged, RowPlan, RowWords, row_baselines, row_sentences, weigh_rows};
use glassboard_explain::{AskRows, Columns, ExplainError, Outcome, Readout, RowExtras, Runner};
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
    let data = for_model(read(query.table, query.facts)?, loaded, &preprocess)?;
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
        Some((bytes, facts)) => Some(for_model(read(bytes, facts)?, loaded, &preprocess)?),
        None => None,
    };
    let background = match &other {
        Some(other) => translated(other, &data, asked, question.seed)?,
        None => data.sample(asked, question.seed),
    };

    let model = Encoded::new(&*loaded.model, &data.encoder);
    let output = match question.output.as_deref() {
        // Margins can be read as probabilities; probabilities cannot be read back without loss.
        None if model.outputs().iter().any(|name| name == MARGIN) => Some(MARGIN.to_owned()),
        asked => choose_output(&model, asked)?,
    };
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
    let weighed = setting.weigh(&x, &params, &outcome, &words, (&mut *hooks.progress, hooks.cancelled))?;
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

impl Setting<'_> {
    /// The evidence of one row's attribution, in the unit that was explained; none for many rows, and for what is no
    /// attribution.
    #[expect(clippy::type_complexity, reason = "evidence, its sentences, its passes: taken apart at once")]
    fn weigh(
        &self,
        x: &Array2<f64>,
        params: &serde_json::Map<String, Value>,
        outcome: &Outcome,
        quantity: &str,
        hooks: (&mut dyn FnMut(f64, &str), &dyn Fn() -> bool),
    ) -> Result<Option<(Value, Vec<String>, glassboard_explain::Passes)>, Trouble> {
        let Some(attribution) = outcome.attribution.as_ref().filter(|a| a.shape() == x.shape() && x.nrows() == 1) else {
            return Ok(None);
        };
        let Some(plan) = RowPlan::parse(&self.question.evidence)? else {
            return Ok(None);
        };
        let columns = &self.data.columns;
        let baselines = row_baselines(columns, &self.background.view(), plan.sample, self.question.seed)?;
        let targets = [self.target];
        let ask = AskRows::new(x.view(), self.readout.clone(), &targets, columns)?;
        let flat: Vec<f64> = attribution.iter().map(|v| f64::from(*v)).collect();
        let mut run = Runner::new(self.model, hooks.0, hooks.1);
        run.stage("Evidence", 0.8, 0.99);
        let mut again = |_: &mut Runner<'_>, rows: ArrayView2<'_, f64>| {
            let mut quiet = |_: f64, _: &str| {};
            let mut params = params.clone();
            let answer = self.part(rows, None, &mut params, (0.0, 1.0), (&mut quiet, hooks.1));
            let answer = answer.map_err(|trouble| ExplainError::parameters(trouble.message))?;
            let attribution = answer.0.attribution.ok_or_else(|| ExplainError::parameters("no attribution"))?;
            let shape = (rows.nrows(), rows.ncols());
            let flat: Vec<f64> = attribution.iter().map(|v| f64::from(*v)).collect();
            Array2::from_shape_vec(shape, flat).map_err(|e| ExplainError::parameters(e.to_string()))
        };
        let judged = Judged {
            attribution: &flat,
            base: outcome
                .base
                .as_ref()
                .filter(|_| self.entry.complete)
                .and_then(|base| base.first().copied()),
            shares: self.entry.complete,
            others: &[],
            again: Some((&mut again, self.background.view())),
        };
        let evidence = weigh_rows(&mut run, &ask, 0, judged, &baselines, &plan, self.question.seed)?;
        let said = row_sentences(
            &evidence,
            RowWords {
                quantity,
                names: &columns.names,
            },
        );
        let json = serde_json::to_value(&evidence).map_err(|e| Trouble::internal(e.to_string()))?;
        Ok(Some((json, said, run.passes())))
    }
}

/// A note as a sentence: a capital first, a full stop last.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
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
    put("baseline", Numbers::Double(typical.to_owned().insert_axis(Axis(0)).into_dyn()));
    put("prediction", Numbers::Double(predictions.to_owned().into_dyn()));
    put("target", Numbers::Whole(ArrayD::from_elem(ndarray::IxDyn(&[x.nrows()]), target)));
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

/// What is known when an answer is told.
struct Told<'a> {
    params: &'a serde_json::Map<String, Value>,
    passes: glassboard_explain::Passes,
    /// Rows asked about, and rows done.
    asked: usize,
    done: usize,
    outcome: &'a Outcome,
    evidence: (Value, Vec<String>),
}

/// What is known of the model's answers.
struct Facts {
    labels: Vec<String>,
    /// How a probability is read from the output.
    probable: OutputSpace,
    /// Whether the outputs are classes, or one probability.
    classes: bool,
    preprocess: Preprocess,
    /// What was guessed, a sentence each.
    said: Vec<String>,
}

impl Facts {
    fn of(
        run: &mut Runner<'_>,
        data: &ForModel,
        preprocess: &Preprocess,
        predictions: &Array2<f64>,
        raw: &Readout,
    ) -> Result<Self, Trouble> {
        let width = predictions.ncols();
        let first: Vec<f32> = predictions.row(0).iter().map(|v| *v as f32).collect();
        let (probability, already) = crate::reading::probabilities(run.model(), &first);
        let outputs = run.model().outputs();
        let margin = raw.output.as_deref() == Some(MARGIN) && outputs.iter().any(|name| name == "probabilities");
        let mut facts = Self {
            labels: labels(preprocess, width),
            probable: if margin || (probability.is_some() && !already) {
                OutputSpace::Probability
            } else {
                OutputSpace::Raw
            },
            classes: margin || probability.is_some(),
            preprocess: preprocess.clone(),
            said: Vec::new(),
        };
        let own = &preprocess.labels;
        if own.len() == 2 && width == 1 {
            // One number for two classes speaks of the second.
            facts.labels = vec![own[1].clone()];
        } else if own.len() != width && facts.classes {
            let known = data.target_labels().to_vec();
            if known.len() == 2 && width <= 2 {
                facts.two_labels(run, data, known, width, raw)?;
            } else if known.len() == width {
                facts.said.push("The model's file names no classes: the labels of the table's target column are taken in their order.".to_owned());
                facts.labels = known;
            }
        }
        Ok(facts)
    }

    /// The file names no classes and the table knows two labels: the one whose rows get the higher outputs is the
    /// second class.
    fn two_labels(
        &mut self,
        run: &mut Runner<'_>,
        data: &ForModel,
        known: Vec<String>,
        width: usize,
        raw: &Readout,
    ) -> Result<(), Trouble> {
        let span = Span {
            from: 0,
            count: LABEL_ROWS,
        };
        let (x, Some(truth)) = (data.rows(span), data.truth(span, &known)) else {
            return Ok(());
        };
        let outputs = run.rows(x.ncols(), x.nrows(), raw, |i, row| {
            row.iter_mut().zip(x.row(i)).for_each(|(to, from)| *to = *from);
        })?;
        let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
        for (row, truth) in outputs.rows().into_iter().zip(&truth) {
            if *truth == 0.0 || *truth == 1.0 {
                sums[*truth as usize] += row[width - 1];
                counts[*truth as usize] += 1.0;
            }
        }
        let mean = |class: usize| sums[class] / f64::max(counts[class], 1.0);
        let swapped = counts[0] > 0.0 && counts[1] > 0.0 && mean(0) > mean(1);
        let order = if swapped { [1, 0] } else { [0, 1] };
        let names: Vec<String> = order.iter().map(|i| known[*i].clone()).collect();
        self.said.push(format!(
            "The model's file names no classes: its second class is taken to be `{}`, whose rows get the higher outputs. Name the labels in the preprocessing to settle it.",
            names[1]
        ));
        self.labels = if width == 1 { vec![names[1].clone()] } else { names.clone() };
        self.preprocess.labels = names;
        Ok(())
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

    fn answer(&self, query: &RowQuery<'_>, setting: &Setting<'_>, predictions: &Array2<f64>, told: Told<'_>) -> Value {
        let Told {
            params,
            passes,
            asked,
            done,
            outcome,
            evidence: (weighed, evidence_said),
        } = told;
        let from = query.question.rows.map_or(query.row, |span| span.from);
        let Question { on, seed, evidence, .. } = query.question;
        let entry = setting.entry;
        let one = query.question.rows.is_none();
        let mut said = Vec::new();
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
        said.extend(evidence_said);
        said.extend(self.said.iter().cloned());
        said.extend(setting.data.notes.iter().map(|note| sentence(note)));
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
            "row": one.then_some(from),
            "rows": (!one).then(|| json!({ "from": from, "count": asked, "done": done, "of": setting.data.table.rows() })),
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
            "evidence": weighed,
            "evidence_level": evidence,
            "sentences": said,
            "found": found,
            "notice": entry.notice,
            "preprocess": self.preprocess,
        })
    }

    /// What is explained, for a sentence.
    fn words(&self, setting: &Setting<'_>) -> String {
        let label = self.labels.get(setting.target).map_or("", String::as_str);
        match (self.classes, setting.readout.space) {
            (true, OutputSpace::Raw) if self.probable == OutputSpace::Probability => format!("the raw output for {label}"),
            (true, _) => format!("the probability of {label}"),
            (false, _) => "the output".to_owned(),
        }
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
