//! `GET /experiments/{exp}`.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    let found = app.store().experiment(&app.actor(), &experiment).await?;
    Ok(axum::Json(found).into_response())
}
