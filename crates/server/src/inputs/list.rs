//! `GET /inputs?model=`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::extract::Query;
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    model: Option<String>,
}

pub async fn list(State(app): State<AppState>, Query(asked): Query<Asked>) -> Answer {
    let inputs = app.store().inputs(app.actor(), asked.model.as_deref()).await?;
    let inputs: Vec<Value> = inputs.iter().map(super::short).collect();
    Ok(axum::Json(json!({ "inputs": inputs })).into_response())
}
