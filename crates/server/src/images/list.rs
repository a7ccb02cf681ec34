//! `GET /experiments/{exp}/images`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;

use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
    run: String,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let images = app
        .store()
        .images(&app.actor(), &experiment, &asked.run, &asked.tag)
        .await?;
    Ok(axum::Json(json!({ "images": images })).into_response())
}
