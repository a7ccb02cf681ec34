//! `GET /projections/{id}`.

use axum::extract::State;
use axum::response::IntoResponse;

use super::described;
use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    let row = app.store().projection(app.actor(), &id).await?;
    Ok(axum::Json(described(&row)?).into_response())
}
