//! `GET /models`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::problem::Answer;
use crate::state::AppState;

pub async fn list(State(app): State<AppState>) -> Answer {
    let models = app.store().models(app.actor()).await?;
    let models: Vec<Value> = models.iter().map(super::summary).collect();
    Ok(axum::Json(json!({ "models": models })).into_response())
}
