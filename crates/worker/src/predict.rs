//! What the model says about one input.

use glassboard_explain::rows::in_space;
use glassboard_explain::{Readout, Runner};
use glassboard_jobs::spec::Changes;
use glassboard_model::{Array, Model, OutputSpace};
use glassboard_tables::Encoded;
use serde_json::{Value, json};

use crate::explain_rows::{Facts, output_of_rows};
use crate::input::Input;
use crate::preprocess::Preprocess;
use crate::reading::{Reading, choose_output, labels, probabilities};
use crate::table::for_model;
use crate::text;
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// How many classes `top` names.
const TOP: usize = 5;

/// Runs the model on row `row` of `input`. The result is that of `JobSpec::Predict`.
pub fn predict(loaded: &Loaded, input: &Input<'_>, row: usize, preprocess: &Value) -> Result<Value, Trouble> {
    let reading = Reading::new(loaded, input, row, preprocess)?;
    let output = choose_output(&*loaded.model, None)?;
    let prediction = if let Some(rows) = &reading.rows {
        let answer = loaded.model.forward_rows(rows.view(), output.as_deref())?;
        told(answer.iter().map(|v| *v as f32).collect())?
    } else {
        let view = text::of_tokens(loaded, reading.sentence.as_ref());
        let model = view.as_deref().unwrap_or(&*loaded.model);
        run(model, &reading.prepared.x, output.as_deref())?
    };
    let mut told = answer(loaded, &reading.preprocess, &prediction, output.as_deref());
    if let Some(sentence) = &reading.sentence {
        told["sentence"] = json!(sentence.text);
        told["tokens"] = sentence.tokens();
    }
    Ok(told)
}

/// What is said of a prediction: probabilities, names, the likeliest first.
pub(crate) fn answer(loaded: &Loaded, preprocess: &Preprocess, prediction: &[f32], output: Option<&str>) -> Value {
    let (probability, _) = probabilities(&*loaded.model, prediction);
    let top = top(probability.as_deref().unwrap_or(prediction));
    json!({
        "prediction": prediction,
        "probability": probability,
        "labels": labels(preprocess, prediction.len()),
        "classes": preprocess.labels,
        "top": top,
        "output": output,
        "preprocess": preprocess,
    })
}

/// Places of the largest numbers, largest first.
fn top<T: Copy + Into<f64>>(ranked: &[T]) -> Vec<usize> {
    let mut top: Vec<usize> = (0..ranked.len()).collect();
    top.sort_by(|a, b| ranked[*b].into().total_cmp(&ranked[*a].into()));
    top.truncate(TOP);
    top
}

/// What the model says of row `row` of a table once `changes` are made, in the table's own units. The result is that of `JobSpec::Predict` with changes.
pub fn predict_row(
    loaded: &Loaded,
    table: &Input<'_>,
    row: usize,
    preprocess: &Value,
    changes: &Changes,
) -> Result<Value, Trouble> {
    let preprocess = Preprocess::of(loaded, preprocess)?;
    let data = for_model(table.table()?, loaded, &preprocess)?;
    let mut x = data.row(row)?;
    data.change(x.row_mut(0), changes)?;
    let model = Encoded::new(&*loaded.model, &data.encoder);
    let readout = Readout {
        output: output_of_rows(&model, None)?,
        space: OutputSpace::Raw,
    };
    let (mut silent, never) = (|_: f64, _: &str| {}, || false);
    let mut run = Runner::new(&model, &mut silent, &never);
    let predictions = run.rows(x.ncols(), 1, &readout, |_, to| {
        to.iter_mut().zip(x.row(0)).for_each(|(to, from)| *to = *from);
    })?;
    if let Some(bad) = predictions.iter().find(|v| !v.is_finite()) {
        return Err(Trouble::input(format!(
            "the model's output for this row holds {bad}; check the preprocessing and missing values"
        )));
    }
    let known = Facts::of(&mut run, &data, &preprocess, &predictions, &readout)?;
    let prediction = predictions.row(0).to_vec();
    let probability = known
        .probabilities
        .then(|| in_space(predictions.row(0), known.probable));
    Ok(json!({
        "top": top(probability.as_deref().unwrap_or(&prediction)),
        "prediction": prediction,
        "probability": probability,
        "labels": known.labels,
        "classes": known.classes,
        "output": readout.output,
        "preprocess": known.preprocess,
        "columns": data.columns,
        "row": x.row(0).to_vec(),
    }))
}

/// The flat output of the only row of `x`.
pub fn run(model: &dyn Model, x: &Array, output: Option<&str>) -> Result<Vec<f32>, Trouble> {
    let outputs = model.forward(&x.view(), output)?;
    told(outputs.iter().copied().collect())
}

fn told(prediction: Vec<f32>) -> Result<Vec<f32>, Trouble> {
    if prediction.is_empty() {
        return Err(Trouble::input("the model gives no output for this input"));
    }
    if let Some(bad) = prediction.iter().find(|v| !v.is_finite()) {
        return Err(Trouble::input(format!(
            "the model's output for this input holds {bad}; check the preprocessing"
        )));
    }
    Ok(prediction)
}
