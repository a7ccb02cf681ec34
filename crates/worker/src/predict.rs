//! What the model says about one input.

use glassboard_model::Array;
use serde_json::{Value, json};

use crate::reading::{Reading, choose_output, labels, probabilities};
use crate::trouble::Trouble;
use crate::warm::Loaded;

/// How many classes `top` names.
const TOP: usize = 5;

/// Runs the model on row `row` of `input`; `facts` hold what the user said of a table. The result is that of
/// `JobSpec::Predict`.
pub fn predict(loaded: &Loaded, input: &[u8], row: usize, preprocess: &Value, facts: &Value) -> Result<Value, Trouble> {
    let reading = Reading::within(loaded, input, row, preprocess, facts)?;
    let output = choose_output(&*loaded.model, None)?;
    let prediction = match &reading.rows {
        Some(rows) => {
            let answer = loaded.model.forward_rows(rows.view(), output.as_deref())?;
            told(answer.iter().map(|v| *v as f32).collect())?
        }
        None => run(loaded, &reading.prepared.x, output.as_deref())?,
    };
    let (probability, _) = probabilities(&*loaded.model, &prediction);
    let ranked = probability.as_deref().unwrap_or(&prediction);
    let mut top: Vec<usize> = (0..ranked.len()).collect();
    top.sort_by(|a, b| ranked[*b].total_cmp(&ranked[*a]));
    top.truncate(TOP);
    Ok(json!({
        "prediction": prediction,
        "probability": probability,
        "labels": labels(&reading.preprocess, prediction.len()),
        "top": top,
        "output": output,
        "preprocess": reading.preprocess,
    }))
}

/// The flat output of the only row of `x`.
pub fn run(loaded: &Loaded, x: &Array, output: Option<&str>) -> Result<Vec<f32>, Trouble> {
    let outputs = loaded.model.forward(&x.view(), output)?;
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
