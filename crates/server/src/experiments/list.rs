//! `GET /experiments`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use crate::problem::Answer;
use crate::state::AppState;

pub async fn list(State(app): State<AppState>) -> Answer {
    let experiments = app.store().experiments(&app.actor()).await?;
    Ok(axum::Json(json!({ "experiments": experiments })).into_response())
}
