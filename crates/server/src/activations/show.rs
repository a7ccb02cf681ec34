//! `GET /activations/{id}?format=columns|npy|npz|csv`.

use axum::extract::State;
use serde::Deserialize;

use crate::explanations::columns;
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    format: Option<String>,
}

pub async fn show(State(app): State<AppState>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let answer = app.store().answer(app.actor(), &id).await?;
    let result = answer.result()?;
    let hash = answer
        .array_hash
        .ok_or_else(|| Problem::not_found("These activations are still computed, or they failed."))?;
    let bytes = app.store().read_blob(&hash).await?;
    columns(bytes, asked.format.as_deref(), "activation", result).await
}
