//! `GET /inputs/{i}`.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(input): Path<String>) -> Answer {
    let input = app.store().input(app.actor(), &input).await?;
    Ok(axum::Json(super::summary(&input)).into_response())
}
