//! `GET /inputs/{i}/rows?from=0&count=50`: read by a worker.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most rows of one answer.
pub const MOST: usize = 500;

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    from: usize,
    count: Option<usize>,
}

pub async fn rows(State(app): State<AppState>, Path(input): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let count = asked.count.unwrap_or(50);
    if count == 0 || count > MOST {
        return Err(Problem::bad_request(format!("`count` must be from 1 to {MOST}.")));
    }
    let input = app.store().input(app.actor(), &input).await?;
    let found = app.work().rows(&app, &input, asked.from, count).await?;
    Ok(axum::Json(found).into_response())
}
