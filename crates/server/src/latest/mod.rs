//! `GET /experiments/{exp}/latest`: the last value of a tag in each run.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;

use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
}

pub async fn show(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let values = app.store().latest_values(&app.actor(), &experiment, &asked.tag).await?;
    Ok(axum::Json(json!({ "values": values })).into_response())
}
