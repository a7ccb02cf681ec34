//! `POST /jobs/{id}/cancel`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn cancel(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    app.work().cancel(&app, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
