//! `GET /jobs/{id}`.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    let row = app.store().job(app.actor(), &id).await?;
    Ok(axum::Json(super::summary(&row, app.store().now())).into_response())
}
