//! `GET /jobs`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::problem::Answer;
use crate::state::AppState;

/// Jobs in one answer, newest first.
pub const MOST: u32 = 300;

pub async fn list(State(app): State<AppState>) -> Answer {
    let rows = app.store().jobs(app.actor(), MOST).await?;
    let now = app.store().now();
    let jobs: Vec<Value> = rows.iter().map(|row| super::summary(row, now)).collect();
    Ok(axum::Json(json!({ "jobs": jobs })).into_response())
}
