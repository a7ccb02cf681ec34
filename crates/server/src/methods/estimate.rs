//! What a method would cost for a model and an input: its formula, worked out with the calibration of this machine.

use glassboard_catalog::{Default, Entry, Scope};
use glassboard_jobs::spec::{Background, JobSpec};
use glassboard_store::{InputRow, NewAnswer};
use serde_json::{Value, json};

use crate::explanations::question::{input_ref, runnable};
use crate::problem::Answer;
use crate::state::AppState;

/// What is known of the cost of passes.
pub struct Calibration {
    /// Seconds a row forward and a row backward, once measured.
    seconds: Option<(f64, Option<f64>)>,
    rows: f64,
    features: Option<f64>,
}

/// The calibration of a model on an input; one that was never made is asked for, and is there a moment later.
pub async fn calibration(
    app: &AppState,
    model: &str,
    checkpoint: Option<&str>,
    input: &InputRow,
    features: Option<usize>,
) -> Answer<Calibration> {
    let mut out = Calibration {
        seconds: None,
        rows: input.rows as f64,
        features: features.map(|n| n as f64),
    };
    // A model that cannot run has no cost, and says so elsewhere.
    let Ok((_, model)) = runnable(app, model, checkpoint).await else {
        return Ok(out);
    };
    let Ok(reference) = input_ref(app, input, 0) else {
        return Ok(out);
    };
    let new = NewAnswer {
        id: model.address(app, "calibration", &input.identity(), 0, &Value::Null),
        kind: "calibration",
        checkpoint: model.checkpoint.id,
        input: input.id,
        row: 0,
        question: json!({}),
    };
    let spec = JobSpec::Calibrate {
        model: model.source(app)?,
        input: reference,
        preprocess: model.prepared(app)?,
    };
    let known = app.store().find_answer(app.actor(), &new.id).await?;
    let answer = match known {
        // What failed once is not tried with every look at the page.
        Some(answer) => answer,
        None => {
            app.work()
                .ask(app, new, spec, &format!("Time the model on {}", input.name))
                .await?
        }
    };
    let result = answer.result()?;
    out.seconds = result["forward_seconds"]
        .as_f64()
        .map(|forward| (forward, result["backward_seconds"].as_f64()));
    Ok(out)
}

impl Calibration {
    /// `{"forward","backward","seconds","at_most"}` of `entry` with its default parameters; null where a size is not
    /// known beforehand, `seconds` null until the model was timed.
    pub fn estimate(&self, entry: &Entry, scope: Scope) -> Value {
        let background = self.rows.min(Background::ROWS as f64);
        let known = |name: &str| match name {
            "rows" if scope == Scope::Set => Some(self.rows),
            "rows" | "pairs" => Some(1.0),
            "background" => Some(background),
            "features" | "columns" | "N" | "tokens" => self.features,
            _ => match (entry.parameter(name)?.default, name) {
                (Default::Integer(v), _) => Some(v as f64),
                (Default::Number(v), _) => Some(v),
                // What KernelSHAP draws where nothing is said.
                (Default::Null, "coalitions") => self.features.map(|m| (2.0 * m + 2048.0).min(m.exp2() - 2.0)),
                _ => None,
            },
        };
        let Some(count) = entry.cost.count(&known) else {
            return Value::Null;
        };
        let seconds = self.seconds.and_then(|(forward, backward)| {
            let back = if count.backward > 0.0 { backward? } else { 0.0 };
            Some(count.forward * forward + count.backward * back)
        });
        json!({ "forward": count.forward, "backward": count.backward, "seconds": seconds, "at_most": count.at_most })
    }
}
