//! `DELETE /inputs/{i}`, and the same from the page's form.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn delete(State(app): State<AppState>, Path(input): Path<String>) -> Answer {
    app.store().delete_input(app.actor(), &input).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn delete_from_page(State(app): State<AppState>, Path(input): Path<String>) -> Answer {
    app.store().delete_input(app.actor(), &input).await?;
    Ok(Redirect::to(&app.url("/inputs")).into_response())
}
