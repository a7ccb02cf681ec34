//! `GET /experiments/{exp}/meshes`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use super::all;
use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    let meshes = all(&app, &experiment).await?;
    Ok(axum::Json(json!({ "meshes": meshes })).into_response())
}
