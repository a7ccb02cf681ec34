//! `GET /experiments/{exp}/custom`.

use axum::extract::State;
use axum::response::IntoResponse;

use super::custom;
use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    Ok(axum::Json(custom(&app, &experiment).await?).into_response())
}
