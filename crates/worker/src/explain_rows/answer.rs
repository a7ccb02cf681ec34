//! What is known of the answers of a model, and the object that says it all.

#![expect(
    clippy::needless_pass_by_value,
    reason = "views and ears are values: small, and handed on"
)]

use glassboard_engine::{engine_version, instruction_set};
use glassboard_explain::rows::in_space;
use glassboard_explain::{Outcome, Passes, Readout, Runner};
use glassboard_jobs::spec::{Background, Question, Span};
use glassboard_model::OutputSpace;
use ndarray::{Array2, ArrayView2};
use serde_json::{Value, json};

use super::setting::Setting;
use super::{MARGIN, RowQuery};
use crate::preprocess::Preprocess;
use crate::reading::labels;
use crate::table::ForModel;
use crate::trouble::Trouble;

/// Rows by which the order of two labels is told.
const LABEL_ROWS: usize = 256;

/// What is known when an answer is told.
pub(super) struct Told<'a> {
    pub params: &'a serde_json::Map<String, Value>,
    pub passes: Passes,
    /// Rows asked about, and rows done.
    pub asked: usize,
    pub done: usize,
    pub outcome: &'a Outcome,
    pub evidence: (Value, Vec<String>),
}

/// What is known of the model's answers.
pub(crate) struct Facts {
    pub labels: Vec<String>,
    /// How a probability is read from the output.
    pub probable: OutputSpace,
    /// Whether the outputs are classes, or one probability.
    pub probabilities: bool,
    /// Names of all classes, by index: two where one output speaks of the second. Empty where none are known.
    pub classes: Vec<String>,
    pub preprocess: Preprocess,
    /// What was guessed, a sentence each.
    pub said: Vec<String>,
}

impl Facts {
    pub(crate) fn of(
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
            probabilities: margin || probability.is_some(),
            classes: preprocess.labels.clone(),
            preprocess: preprocess.clone(),
            said: Vec::new(),
        };
        let own = &preprocess.labels;
        if own.len() == 2 && width == 1 {
            // One number for two classes speaks of the second.
            facts.labels = vec![own[1].clone()];
        } else if own.len() != width && facts.probabilities {
            let known = data.target_labels().to_vec();
            if known.len() == 2 && width <= 2 {
                facts.two_labels(run, data, &known, width, raw)?;
            } else if known.len() == width {
                facts.said.push("The model's file names no classes: the labels of the table's target column are taken in their order.".to_owned());
                facts.labels.clone_from(&known);
                facts.classes = known;
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
        known: &[String],
        width: usize,
        raw: &Readout,
    ) -> Result<(), Trouble> {
        let span = Span {
            from: 0,
            count: LABEL_ROWS,
        };
        let (x, Some(truth)) = (data.rows(span), data.truth(span, known)) else {
            return Ok(());
        };
        let outputs = run.rows(x.ncols(), x.nrows(), raw, |i, row| {
            row.iter_mut().zip(x.row(i)).for_each(|(to, from)| *to = *from);
        })?;
        let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
        for (row, truth) in outputs.rows().into_iter().zip(&truth) {
            if truth.is_finite() {
                sums[usize::from(*truth > 0.5)] += row[width - 1];
                counts[usize::from(*truth > 0.5)] += 1.0;
            }
        }
        let mean = |class: usize| sums[class] / f64::max(counts[class], 1.0);
        let swapped = counts[0] > 0.0 && counts[1] > 0.0 && mean(0) > mean(1);
        let order = if swapped { [1, 0] } else { [0, 1] };
        let names: Vec<String> = order.iter().map(|i| known[*i].clone()).collect();
        self.said.push(format!(
            "The model's file names no classes: its second class is taken to be “{}”, whose rows get the higher outputs. Name the labels in the preprocessing to settle it.",
            names[1]
        ));
        self.labels = if width == 1 {
            vec![names[1].clone()]
        } else {
            names.clone()
        };
        self.classes = names;
        Ok(())
    }

    /// The class explained: the one asked for; for one row the likeliest; for many the second of two, else the one
    /// that is predicted most often, so that every row speaks of the same.
    pub(crate) fn target(question: &Question, predictions: &Array2<f64>) -> Result<usize, Trouble> {
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

    pub(super) fn answer(
        &self,
        query: &RowQuery<'_>,
        setting: &Setting<'_>,
        predictions: ArrayView2<'_, f64>,
        told: Told<'_>,
    ) -> Value {
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
        let gap = Self::gap(setting, predictions, outcome);
        // The evidence of a single row says it in its own words.
        if let Some((gap, reach)) = gap.filter(|_| evidence_said.is_empty()) {
            said.push(format!(
                "Base and attributions add up to the output of every row within {gap:.2e}; the outputs span {reach:.4}."
            ));
        }
        said.extend(evidence_said);
        said.extend(self.said.iter().cloned());
        said.extend(setting.data.notes.iter().map(|note| sentence(note)));
        let probability = one.then(|| {
            let row = predictions.row(0);
            self.probabilities.then(|| in_space(row, self.probable))
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
                "rows": setting.background.nrows(), "asked": query.question.background.as_ref().map_or(Background::ROWS, |b| b.rows) },
            "seed": seed,
            "model_hash": query.loaded.hash,
            "data_hash": query.table_hash,
            "row": one.then_some(from),
            "rows": (!one).then(|| json!({ "from": from, "count": asked, "done": done, "of": setting.data.count() })),
            "engine_version": engine_version(),
            "instruction_set": instruction_set(),
            "passes": passes,
            "prediction": one.then(|| predictions.row(0).to_vec()),
            "probability": probability.flatten(),
            "labels": self.labels,
            "classes": self.classes,
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
            "table": setting.data.edits(),
        })
    }

    /// What is explained, for a sentence.
    pub(super) fn words(&self, setting: &Setting<'_>) -> String {
        let label = self.labels.get(setting.target).map_or("", String::as_str);
        match (self.probabilities, setting.readout.space) {
            (true, OutputSpace::Raw) if self.probable == OutputSpace::Probability => {
                format!("the raw output for {label}")
            }
            (true, _) => format!("the probability of {label}"),
            (false, _) => "the output".to_owned(),
        }
    }

    /// Largest distance, over the rows, between base plus attributions and the output, and the span of the outputs;
    /// where the method's values add up at all.
    fn gap(setting: &Setting<'_>, predictions: ArrayView2<'_, f64>, outcome: &Outcome) -> Option<(f64, f64)> {
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
                None => *in_space(predictions.row(i), setting.readout.space).get(setting.target)?,
            };
            let total = base + row.iter().map(|v| f64::from(*v)).sum::<f64>();
            worst = worst.max((total - output).abs());
            low = low.min(output).min(*base);
            high = high.max(output).max(*base);
        }
        Some((worst, high - low))
    }
}

/// A note as a sentence: a capital first, a full stop last.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
