//! `GET /experiments/{exp}/tags`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::Kind;
use serde::Deserialize;
use serde_json::json;

use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    kind: Option<String>,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let kind = asked
        .kind
        .map(|word| {
            Kind::parse(&word).ok_or_else(|| {
                Problem::bad_request(format!(
                    "There is no kind {word:?}: scalar, histogram and image are kinds of tags."
                ))
            })
        })
        .transpose()?;
    let tags = app.store().tags(&app.actor(), &experiment, kind).await?;
    Ok(axum::Json(json!({ "tags": tags })).into_response())
}
