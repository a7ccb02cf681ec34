//! `GET /experiments/{exp}/mesh`: the steps of one mesh.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::find::one;
use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    run: String,
    mesh: String,
}

pub async fn steps(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let mesh = one(&app, &experiment, &asked.run, &asked.mesh).await?;
    let tag = mesh.parts.get("vertex").map(String::as_str).unwrap_or_default();
    let heads = app
        .store()
        .record_heads(&app.actor(), &experiment, &asked.run, tag)
        .await?;
    let steps: Vec<Value> = heads
        .iter()
        .map(|head| json!({ "step": head.step, "wall": head.wall }))
        .collect();
    Ok(axum::Json(json!({ "steps": steps, "parts": mesh.parts, "config": mesh.config })).into_response())
}
