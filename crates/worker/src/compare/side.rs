//! One of the models, and its map of an input.

#![expect(
    clippy::needless_pass_by_value,
    reason = "ears are a value: two references, handed on"
)]

use glassboard_catalog::{Entry, Output};
use glassboard_explain::{Ask, Extras, Passes, Readout, Runner, explain as attribute};
use glassboard_jobs::spec::{Changes, Question};
use glassboard_model::{Array, OutputSpace};
use serde_json::Value;

use super::file::{At, File};
use super::{Ears, Model};
use crate::baseline::{Baseline, baseline};
use crate::explain_rows::{Hooks, Numbers, RowQuery, explain_rows, is_for_rows};
use crate::input::Input;
use crate::predict::predict_row;
use crate::preprocess::Preprocess;
use crate::reading::{arg_max, background, choose_output, labels, probabilities};
use crate::trouble::Trouble;

/// A model with everything its maps depend on but the input.
pub(super) struct Side<'a> {
    /// `A` or `B`, for sentences.
    pub name: &'static str,
    pub model: Model<'a>,
    pub preprocess: Preprocess,
    /// Whether the method works in the table's units.
    pub for_rows: bool,
    question: Question,
    entry: &'static Entry,
    /// Rows to compare with, prepared, for methods that want them so.
    background: Option<Array>,
    /// The table of these rows, for methods that work in its units.
    table: Option<&'a Input<'a>>,
}

/// Which class a map is to speak of.
pub(super) enum Wish<'a> {
    /// The arg-max of the prediction.
    Highest,
    /// This one.
    Index(usize),
    /// The one that another model's map speaks of.
    Like(&'a Said),
}

/// What the model says of an input.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// Class explained.
    pub target: usize,
    pub target_label: String,
    /// One a value of `prediction`.
    pub labels: Vec<String>,
    /// Names of all classes: two where one output speaks of the second.
    pub classes: Vec<String>,
    pub prediction: Vec<f64>,
    pub probability: Option<Vec<f64>>,
    /// Parameters as they were used.
    pub params: Value,
    /// Before or after softmax.
    space: OutputSpace,
}

/// A map.
pub(super) struct Mapped {
    pub map: Vec<f32>,
    pub shape: Vec<usize>,
    /// Names of the features of a row of a table; empty for others.
    pub names: Vec<String>,
}

impl<'a> Side<'a> {
    pub(super) fn new(
        name: &'static str,
        model: Model<'a>,
        question: &Question,
        table: Option<&'a Input<'a>>,
    ) -> Result<Self, Trouble> {
        let entry = glassboard_catalog::find(&question.method)
            .ok_or_else(|| Trouble::input(format!("there is no method `{}`", question.method)))?;
        if !matches!(entry.output, Output::Input | Output::Pixels | Output::Layer) {
            return Err(Trouble::input(format!(
                "`{}` gives no map of an input, so there is nothing to compare; choose a method that does, such as saliency",
                question.method
            )));
        }
        let loaded = model.loaded;
        let (preprocess, _) = Preprocess::resolve(model.preprocess, &loaded.metadata, loaded.model.inputs())?;
        let for_rows = is_for_rows(&question.method);
        let background = match table.filter(|_| !for_rows) {
            Some(table) => Some(background(loaded, table, model.preprocess)?),
            None => None,
        };
        let question = Question {
            rows: None,
            evidence: "none".to_owned(),
            ..question.clone()
        };
        Ok(Self {
            name,
            model,
            preprocess,
            for_rows,
            question,
            entry,
            background,
            table,
        })
    }

    /// Whether another seed gives another map.
    pub(super) fn uses_seed(&self) -> bool {
        self.entry.uses_seed
    }

    pub(super) fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// What the model says, and its map.
    pub(super) fn explain(
        &self,
        file: &File<'_>,
        at: &At,
        wish: &Wish<'_>,
        ears: Ears<'_>,
        spent: &mut Passes,
    ) -> Result<(Said, Mapped), Trouble> {
        match at {
            At::Row { row, changes } => {
                let target = match wish {
                    Wish::Highest => None,
                    Wish::Index(index) => Some(*index),
                    Wish::Like(other) => {
                        let none = Changes::new();
                        let said = predict_row(self.model.loaded, &file.input, *row, self.model.preprocess, &none)?;
                        Some(self.like(other, &texts(&said["labels"]))?)
                    }
                };
                self.row(file, *row, changes.as_ref(), target, self.question.seed, ears, spent)
            }
            At::Array(prepared) => {
                let mut said = self.say(&prepared.x, spent)?;
                said.target = match wish {
                    Wish::Highest => said.target,
                    Wish::Index(index) => *index,
                    Wish::Like(other) => self.like(other, &said.labels)?,
                };
                let label = said.labels.get(said.target).ok_or_else(|| {
                    Trouble::input(format!(
                        "target {} is out of range: model {} has {} outputs",
                        said.target,
                        self.name,
                        said.labels.len()
                    ))
                })?;
                said.target_label.clone_from(label);
                let (map, params) = self.map(&prepared.x, &said, self.question.seed, ears, spent)?;
                said.params = params;
                Ok((said, map))
            }
        }
    }

    /// The map once more: of another input, or under another seed, of the same class.
    pub(super) fn again(
        &self,
        file: &File<'_>,
        at: &At,
        said: &Said,
        seed: u64,
        ears: Ears<'_>,
        spent: &mut Passes,
    ) -> Result<Mapped, Trouble> {
        match at {
            At::Row { row, changes } => {
                let row = self.row(file, *row, changes.as_ref(), Some(said.target), seed, ears, spent)?;
                Ok(row.1)
            }
            At::Array(prepared) => Ok(self.map(&prepared.x, said, seed, ears, spent)?.0),
        }
    }

    /// The class of this model that `other` speaks of: by its name, else by its number where both have as many.
    fn like(&self, other: &Said, own: &[String]) -> Result<usize, Trouble> {
        if let Some(found) = own.iter().position(|label| *label == other.target_label) {
            return Ok(found);
        }
        if own.len() == other.labels.len() {
            return Ok(other.target);
        }
        Err(Trouble::input(format!(
            "model {} has no output called `{}` (it has {}), so the two maps would speak of different things; name the labels in both models' preprocessing, or give a target",
            self.name,
            other.target_label,
            own.join(", ")
        )))
    }

    fn say(&self, x: &Array, spent: &mut Passes) -> Result<Said, Trouble> {
        let loaded = self.model.loaded;
        let output = choose_output(&*loaded.model, self.question.output.as_deref())?;
        let prediction = crate::predict::run(&*loaded.model, x, output.as_deref())?;
        spent.forward += 1;
        let (probability, already) = probabilities(&*loaded.model, &prediction);
        let space = match self.question.on.as_str() {
            "prob" if probability.is_some() && !already => OutputSpace::Probability,
            "logit" | "prob" => OutputSpace::Raw,
            other => return Err(Trouble::input(format!("`on` must be logit or prob, not `{other}`"))),
        };
        let wide = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect();
        Ok(Said {
            target: arg_max(&prediction),
            target_label: String::new(),
            labels: labels(&self.preprocess, prediction.len()),
            classes: self.preprocess.labels.clone(),
            prediction: wide(&prediction),
            probability: probability.as_deref().map(wide),
            params: Value::Null,
            space,
        })
    }

    fn map(
        &self,
        x: &Array,
        said: &Said,
        seed: u64,
        ears: Ears<'_>,
        spent: &mut Passes,
    ) -> Result<(Mapped, Value), Trouble> {
        let loaded = self.model.loaded;
        let background = self.background.as_ref();
        let kind = match self.question.baseline.as_str() {
            "zeros" => Baseline::Zeros,
            "mean" => Baseline::Mean,
            "blur" => Baseline::Blur,
            other => {
                return Err(Trouble::input(format!(
                    "the baseline must be zeros, mean or blur, not `{other}`"
                )));
            }
        };
        let base = baseline(&kind, x, &self.preprocess, background)?;
        let readout = Readout {
            output: choose_output(&*loaded.model, self.question.output.as_deref())?,
            space: said.space,
        };
        let targets = [said.target];
        let ask = Ask::new(x, readout, &targets)?;
        let mut run = Runner::new(&*loaded.model, ears.progress, ears.cancelled);
        run.stage(self.entry.title, 0.0, 1.0);
        let extras = Extras {
            baseline: &base,
            background,
            display: None,
            seed,
        };
        let mut params = self.question.params.clone();
        let map = attribute(&mut run, &ask, self.entry.name, &mut params, extras)?;
        let passes = run.passes();
        spent.forward += passes.forward;
        spent.backward += passes.backward;
        let mapped = Mapped {
            shape: map.shape()[1..].to_vec(),
            map: map.iter().copied().collect(),
            names: Vec::new(),
        };
        self.checked(&mapped)?;
        Ok((mapped, Value::Object(params)))
    }

    #[expect(clippy::too_many_arguments, reason = "one question, and who hears of it")]
    fn row(
        &self,
        file: &File<'_>,
        row: usize,
        changes: Option<&Changes>,
        target: Option<usize>,
        seed: u64,
        ears: Ears<'_>,
        spent: &mut Passes,
    ) -> Result<(Said, Mapped), Trouble> {
        let question = Question {
            target,
            seed,
            ..self.question.clone()
        };
        let query = RowQuery {
            loaded: self.model.loaded,
            table: &file.input,
            table_hash: file.hash,
            row,
            background: self.table,
            preprocess: self.model.preprocess,
            question: &question,
            changes,
        };
        let hooks = Hooks {
            progress: ears.progress,
            cancelled: ears.cancelled,
            partial: &mut |_| {},
        };
        let found = explain_rows(query, hooks)?;
        let answer = &found.answer;
        for (part, to) in [("forward", &mut spent.forward), ("backward", &mut spent.backward)] {
            *to += answer["passes"][part].as_u64().unwrap_or(0);
        }
        let map = found.arrays.iter().find_map(|(name, numbers)| match numbers {
            Numbers::Single(array) if name == "attribution" => Some(array),
            _ => None,
        });
        let map = map.ok_or_else(|| {
            Trouble::input(format!(
                "`{}` gives no number for each feature, so there is nothing to compare",
                self.entry.name
            ))
        })?;
        let mapped = Mapped {
            map: map.iter().copied().collect(),
            shape: map.shape()[1..].to_vec(),
            names: texts(&answer["feature_names"]),
        };
        self.checked(&mapped)?;
        let numbers = |list: &Value| -> Option<Vec<f64>> { list.as_array()?.iter().map(Value::as_f64).collect() };
        let said = Said {
            target: answer["target"].as_u64().unwrap_or(0) as usize,
            target_label: answer["target_label"].as_str().unwrap_or_default().to_owned(),
            labels: texts(&answer["labels"]),
            classes: texts(&answer["classes"]),
            prediction: numbers(&answer["prediction"]).unwrap_or_default(),
            probability: numbers(&answer["probability"]),
            params: answer["params"].clone(),
            space: OutputSpace::Raw,
        };
        Ok((said, mapped))
    }

    fn checked(&self, mapped: &Mapped) -> Result<(), Trouble> {
        if mapped.map.iter().any(|v| !v.is_finite()) {
            return Err(Trouble::internal(format!(
                "{} gave values that are not numbers for model {}",
                self.entry.title, self.name
            )));
        }
        Ok(())
    }
}

impl Mapped {
    /// This map with its features in the order of `other`.
    pub(super) fn in_order_of(self, other: &Self) -> Result<Self, Trouble> {
        if self.shape == other.shape && self.names == other.names {
            return Ok(self);
        }
        let place = |name: &String| self.names.iter().position(|own| own == name);
        let places: Option<Vec<usize>> = other.names.iter().map(place).collect();
        match places {
            Some(places) if places.len() == self.map.len() && !places.is_empty() => Ok(Self {
                map: places.iter().map(|at| self.map[*at]).collect(),
                shape: self.shape,
                names: other.names.clone(),
            }),
            _ => Err(Trouble::input(format!(
                "the maps cannot be laid over each other: that of A has the shape {:?}, that of B {:?}; choose a method whose maps have the input's shape, such as saliency, and models that take the same input",
                other.shape, self.shape
            ))),
        }
    }
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
