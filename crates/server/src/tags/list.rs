//! `GET /experiments/{exp}/tags`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::{Kind, TagSummary};
use serde::{Deserialize, Serialize};

use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    kind: Option<String>,
}

/// Written as it is: a tree of JSON values of ten thousand tags would cost more than the list.
#[derive(Serialize)]
struct Tags {
    tags: Vec<TagSummary>,
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
    Ok(axum::Json(Tags { tags }).into_response())
}
