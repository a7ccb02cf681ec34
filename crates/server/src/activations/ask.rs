//! `POST /activations`.

use axum::extract::State;
use axum::response::Response;
use glassboard_jobs::spec::JobSpec;
use glassboard_store::NewAnswer;
use serde::Deserialize;
use serde_json::json;

use crate::explanations::question::{input_ref, runnable};
use crate::explanations::standing_response;
use crate::extract::Json;
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    model: String,
    checkpoint: Option<String>,
    input: String,
    #[serde(default)]
    row: usize,
    layer: String,
}

pub async fn ask(State(app): State<AppState>, Json(asked): Json<Asked>) -> Answer<Response> {
    let (_, model) = runnable(&app, &asked.model, asked.checkpoint.as_deref()).await?;
    let input = app.store().input(app.actor(), &asked.input).await?;
    let rest = json!({ "layer": asked.layer });
    let new = NewAnswer {
        id: model.address(&app, "activations", &input.identity(), asked.row, &rest),
        kind: "activations",
        checkpoint: model.checkpoint.id,
        input: input.id,
        row: i64::try_from(asked.row).unwrap_or(i64::MAX),
        question: json!({ "question": rest, "preprocess": model.preprocess }),
    };
    let title = format!("Activations of {}, {}", asked.layer, input.name);
    let spec = JobSpec::Activations {
        model: model.source(&app)?,
        input: input_ref(&app, &input, asked.row)?,
        preprocess: model.prepared(&app)?,
        layer: asked.layer,
    };
    let answer = app.work().ask(&app, new, spec, &title).await?;
    Ok(standing_response(&answer))
}
