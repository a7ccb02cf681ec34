//! `GET /comparisons/{id}`.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    let row = app.store().comparison(app.actor(), &id).await?;
    Ok(axum::Json(super::whole(&row)?).into_response())
}
