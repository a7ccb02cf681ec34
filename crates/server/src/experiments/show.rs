//! `GET /experiments/{exp}`.

use axum::extract::State;
use axum::response::IntoResponse;

use super::list::Shown;
use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    let summary = app.store().experiment(&app.actor(), &experiment).await?;
    Ok(axum::Json(Shown::of(&app, summary)).into_response())
}
