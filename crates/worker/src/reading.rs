//! An input, prepared for a loaded model, and the names of what comes out.

use glassboard_catalog::{Facts, Kind};
use glassboard_explain::softmax;
use glassboard_model::{Array, InputSpec, Model};
use ndarray::Axis;
use serde_json::Value;

use crate::decode::{Decoded, decode, table_rows};
use crate::preprocess::{Prepared, Preprocess};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// One row, ready for the model.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What was applied.
    pub preprocess: Preprocess,
    /// The row.
    pub prepared: Prepared,
}

impl Reading {
    /// Decodes and prepares row `row` of `bytes`.
    pub fn new(loaded: &Loaded, bytes: &[u8], row: usize, preprocess: &Value) -> Result<Self, Trouble> {
        let inputs = loaded.model.inputs();
        let (preprocess, _) = Preprocess::resolve(preprocess, &loaded.metadata, inputs)?;
        let spec = spec(inputs, &preprocess.input)?;
        let decoded = decode(bytes, &preprocess.input, row)?;
        let prepared = preprocess.apply(&decoded, row, spec)?;
        Ok(Self { preprocess, prepared })
    }
}

/// Most rows of a background.
const MAX_BACKGROUND: usize = 10_000;

/// How many rows an input holds on its batch axis; 1 for a picture, none told for a table.
pub fn rows(loaded: &Loaded, bytes: &[u8], preprocess: &Value) -> Result<Option<usize>, Trouble> {
    let inputs = loaded.model.inputs();
    let (preprocess, _) = Preprocess::resolve(preprocess, &loaded.metadata, inputs)?;
    let rank = spec(inputs, &preprocess.input)?.shape.len();
    Ok(match decode(bytes, &preprocess.input, 0)? {
        Decoded::Row(_) => None,
        Decoded::Array(array) if array.shape.len() == rank => Some(array.shape[0]),
        Decoded::Array(_) | Decoded::Picture(_) => Some(1),
    })
}

/// Every row of a file of background rows, prepared: `[rows, ...]`.
pub fn background(loaded: &Loaded, bytes: &[u8], preprocess: &Value) -> Result<Array, Trouble> {
    let inputs = loaded.model.inputs();
    let (preprocess, _) = Preprocess::resolve(preprocess, &loaded.metadata, inputs)?;
    let spec = spec(inputs, &preprocess.input)?;
    let mut prepared = Vec::new();
    match decode(bytes, &preprocess.input, 0)? {
        Decoded::Row(_) => {
            let (rows, _) = table_rows(bytes, 0, MAX_BACKGROUND + 1)?;
            for row in rows {
                prepared.push(preprocess.apply(&Decoded::Row(row), 0, spec)?.x);
            }
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
        return Err(Trouble::input(format!(
            "the background has more than {MAX_BACKGROUND} rows; give a sample of it"
        )));
    }
    let views: Vec<_> = prepared.iter().map(|row| row.view()).collect();
    ndarray::concatenate(Axis(0), &views)
        .map_err(|e| Trouble::input(format!("the background rows differ in shape: {e}")))
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
    } else {
        Kind::Tabular
    };
    let values = loaded.model.values();
    Facts::from_ops(kind, values.iter().map(|v| v.op.as_str()))
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
