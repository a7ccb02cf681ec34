//! An input, prepared for a loaded model, and the names of what comes out.

use glassboard_catalog::{Facts, Kind};
use glassboard_explain::segments::stretched;
use glassboard_explain::softmax;
use glassboard_jobs::spec::Span;
use glassboard_model::{Array, InputSpec, Model};
use ndarray::{Array2, Axis};
use serde_json::Value;

use crate::decode::{Decoded, decode};
use crate::input::Input;
use crate::preprocess::{Prepared, Preprocess, fits};
use crate::table::for_model;
use crate::text::{self, Sentence};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// One row, ready for the model.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What was applied.
    pub preprocess: Preprocess,
    /// The row.
    pub prepared: Prepared,
    /// A table's row as the model takes it, in doubles.
    pub rows: Option<Array2<f64>>,
    /// The sentence, where the model reads tokens.
    pub sentence: Option<Sentence>,
}

impl Reading {
    /// Decodes and prepares row `row` of `input`.
    pub fn new(loaded: &Loaded, input: &Input<'_>, row: usize, given: &Value) -> Result<Self, Trouble> {
        let inputs = loaded.model.inputs();
        let preprocess = Preprocess::of(loaded, given)?;
        if preprocess.is_text() {
            let (prepared, sentence) = text::read(loaded, input, row, &preprocess, given)?;
            return Ok(Self {
                preprocess,
                prepared,
                rows: None,
                sentence: Some(sentence),
            });
        }
        if input.opened().is_some() && !preprocess.is_picture() {
            return Self::of_table(loaded, input, row, preprocess);
        }
        let spec = spec(inputs, &preprocess.input)?;
        let decoded = decode(input.bytes()?, &preprocess.input)?;
        if matches!(decoded, Decoded::Table) && !preprocess.is_picture() {
            return Self::of_table(loaded, input, row, preprocess);
        }
        let prepared = preprocess.apply(&decoded, row, spec)?;
        Ok(Self {
            preprocess,
            prepared,
            rows: None,
            sentence: None,
        })
    }

    /// A picture as people see it, channels first and from 0 to 1; what the model sees, stretched, where the unit of
    /// the file is not known. None for what is no picture.
    pub fn seen(&self) -> Option<Vec<f32>> {
        let Prepared { display, range, .. } = &self.prepared;
        if !self.preprocess.is_picture() || display.ndim() != 4 {
            return None;
        }
        let flat: Vec<f32> = display.iter().copied().collect();
        Some(match range {
            Some([low, high]) => flat.iter().map(|v| (v - low) / (high - low)).collect(),
            None => stretched(&flat),
        })
    }

    fn of_table(loaded: &Loaded, input: &Input<'_>, row: usize, preprocess: Preprocess) -> Result<Self, Trouble> {
        let data = for_model(input.table()?, loaded, &preprocess)?;
        let own = data.row(row)?;
        let rows = data
            .encoder
            .encode(own.view())
            .map_err(|e| Trouble::input(e.to_string()))?;
        // Trees have their own way with missing values; a network would answer with nothing but them.
        let missing = rows
            .iter()
            .position(|v| v.is_nan())
            .filter(|_| loaded.model.trees().is_none());
        if let Some(at) = missing {
            return Err(Trouble::input(format!(
                "`{}` is missing in row {row}, and the model does not take missing values; say in `columns` of preprocess.json what stands for them",
                data.encoder.names()[at]
            )));
        }
        let single = |rows: &Array2<f64>| rows.mapv(|v| v as f32).into_dyn();
        let x = single(&rows);
        let display = if own.dim() == rows.dim() {
            single(&own)
        } else {
            x.clone()
        };
        fits(x.shape(), spec(loaded.model.inputs(), &preprocess.input)?)?;
        Ok(Self {
            preprocess,
            prepared: Prepared {
                x,
                display,
                range: None,
            },
            rows: Some(rows),
            sentence: None,
        })
    }
}

/// Most rows of a background.
const MAX_BACKGROUND: usize = 10_000;

/// How many rows an input holds on its batch axis; 1 for a picture, none told for a table.
pub fn rows(loaded: &Loaded, input: &Input<'_>, preprocess: &Value) -> Result<Option<usize>, Trouble> {
    let inputs = loaded.model.inputs();
    let preprocess = Preprocess::of(loaded, preprocess)?;
    if preprocess.is_text() {
        return text::count(input, &preprocess.input).map(Some);
    }
    let rank = spec(inputs, &preprocess.input)?.shape.len();
    Ok(match decode(input.bytes()?, &preprocess.input)? {
        Decoded::Table => None,
        Decoded::Array(array) if array.shape.len() == rank => Some(array.shape[0]),
        Decoded::Array(_) | Decoded::Picture(_) | Decoded::Dicom(_) => Some(1),
    })
}

/// Every row of a file of background rows, prepared: `[rows, ...]`.
pub fn background(loaded: &Loaded, input: &Input<'_>, preprocess: &Value) -> Result<Array, Trouble> {
    let inputs = loaded.model.inputs();
    let preprocess = Preprocess::of(loaded, preprocess)?;
    let spec = spec(inputs, &preprocess.input)?;
    let mut prepared = Vec::new();
    match decode(input.bytes()?, &preprocess.input)? {
        Decoded::Table if !preprocess.is_picture() => {
            let data = for_model(input.table()?, loaded, &preprocess)?;
            let count = data.count();
            if count > MAX_BACKGROUND {
                return Err(too_many());
            }
            let rows = data.encoder.encode(data.rows(Span { from: 0, count }).view());
            return Ok(rows
                .map_err(|e| Trouble::input(e.to_string()))?
                .mapv(|v| v as f32)
                .into_dyn());
        }
        Decoded::Array(array) if array.shape.len() == spec.shape.len() => {
            let rows = array.shape[0].min(MAX_BACKGROUND + 1);
            let array = Decoded::Array(array);
            for row in 0..rows {
                prepared.push(preprocess.apply(&array, row, spec)?.x);
            }
        }
        single => prepared.push(preprocess.apply(&single, 0, spec)?.x),
    }
    if prepared.len() > MAX_BACKGROUND {
        return Err(too_many());
    }
    let views: Vec<_> = prepared.iter().map(|row| row.view()).collect();
    ndarray::concatenate(Axis(0), &views)
        .map_err(|e| Trouble::input(format!("the background rows differ in shape: {e}")))
}

fn too_many() -> Trouble {
    Trouble::input(format!(
        "the background has more than {MAX_BACKGROUND} rows; give a sample of it"
    ))
}

/// The input called `name`.
pub fn spec<'a>(inputs: &'a [InputSpec], name: &str) -> Result<&'a InputSpec, Trouble> {
    inputs
        .iter()
        .find(|i| i.name == name)
        .ok_or_else(|| Trouble::input(format!("the model has no input `{name}`")))
}

/// What the catalogue asks about a model.
pub fn facts(loaded: &Loaded, preprocess: &Preprocess) -> Facts {
    let kind = if preprocess.is_picture() {
        Kind::Image
    } else if preprocess.is_text() {
        Kind::Text
    } else {
        Kind::Tabular
    };
    let values = loaded.model.values();
    let mut facts = Facts::from_ops(kind, values.iter().map(|v| v.op.as_str()));
    facts.channels_last = preprocess.is_channels_last();
    facts.trees = loaded.model.trees().is_some();
    facts.linear = loaded.model.linear().is_some();
    if let Some(described) = &loaded.described {
        facts.features = Some(described.features.len());
        // A native file has no graph of layers and runs all the same; nothing in it can be differentiated.
        facts.has_graph = true;
        let operator = if facts.trees { "TreeEnsemble" } else { "LinearRegressor" };
        facts.no_gradient.get_or_insert(operator.to_owned());
    }
    facts
}

/// The output to read: the one asked for, else the first that is not a label.
pub fn choose_output(model: &dyn Model, asked: Option<&str>) -> Result<Option<String>, Trouble> {
    let outputs = model.outputs();
    if let Some(name) = asked {
        return match outputs.iter().find(|o| *o == name) {
            Some(found) => Ok(Some(found.clone())),
            None => Err(Trouble::input(format!(
                "the model has no output `{name}`; it has {}",
                outputs.join(", ")
            ))),
        };
    }
    // Converters of classical models put the class label first and the probabilities second.
    let label = |name: &String| matches!(name.as_str(), "label" | "output_label");
    Ok(outputs.iter().find(|o| !label(o)).cloned())
}

/// Probabilities of a row of outputs, and whether the outputs are probabilities already.
/// `None`: the output is a number, not classes.
pub fn probabilities(model: &dyn Model, row: &[f32]) -> (Option<Vec<f32>>, bool) {
    let last = model.values().last().map(|v| v.op.clone()).unwrap_or_default();
    let within = row.iter().all(|v| (0.0..=1.0).contains(v));
    let sum: f64 = row.iter().map(|v| f64::from(*v)).sum();
    match row.len() {
        1 if last == "Sigmoid" && within => (Some(row.to_vec()), true),
        0 | 1 => (None, false),
        _ if within && ((sum - 1.0).abs() < 1e-4 || last == "Sigmoid") => (Some(row.to_vec()), true),
        _ => (Some(softmax(row)), false),
    }
}

/// Names of `count` classes: the labels, or their numbers.
pub fn labels(preprocess: &Preprocess, count: usize) -> Vec<String> {
    if preprocess.labels.len() == count {
        preprocess.labels.clone()
    } else {
        (0..count).map(|i| i.to_string()).collect()
    }
}

/// Index of the highest value; the first of equals.
pub fn arg_max(row: &[f32]) -> usize {
    let mut best = 0;
    for (i, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = i;
        }
    }
    best
}
