//! `GET /experiments/{exp}/runs`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    let runs = app.store().runs(&app.actor(), &experiment).await?;
    Ok(axum::Json(json!({ "runs": runs })).into_response())
}
