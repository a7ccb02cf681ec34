//! `DELETE /comparisons/{id}`: with its maps, unless something else names those bytes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn delete(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    app.store().delete_comparison(app.actor(), &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
