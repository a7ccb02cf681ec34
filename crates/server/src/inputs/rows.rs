//! `GET /inputs/{i}/rows?from=0&count=50&sort=-age&where=age > 40`: read by a worker.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::work::Wanted;

/// Most rows of one answer.
pub const MOST: usize = 500;

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    from: usize,
    count: Option<usize>,
    sort: Option<String>,
    #[serde(rename = "where")]
    filter: Option<String>,
}

pub async fn rows(State(app): State<AppState>, Path(input): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let count = asked.count.unwrap_or(50);
    if count == 0 || count > MOST {
        return Err(Problem::bad_request(format!("`count` must be from 1 to {MOST}.")));
    }
    let input = app.store().input(app.actor(), &input).await?;
    let wanted = Wanted {
        from: asked.from,
        count,
        sort: asked.sort.filter(|s| !s.is_empty()),
        filter: asked.filter.filter(|s| !s.is_empty()),
    };
    let found = app.work().rows(&app, &input, &wanted).await?;
    Ok(axum::Json(found).into_response())
}
