//! `GET /experiments/{exp}/texts`: the steps of a series of texts.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::RecordHead;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;
use crate::values::PartId;

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
    run: String,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let heads = of_series(&app, &experiment, &asked.run, &asked.tag).await?;
    let texts: Vec<Value> = heads
        .iter()
        .map(|head| {
            let id = PartId::whole(head.id).to_string();
            json!({ "id": id, "step": head.step, "wall": head.wall, "bytes": head.size, "strings": head.parts })
        })
        .collect();
    Ok(axum::Json(json!({ "texts": texts })).into_response())
}

/// The texts of a series, in order of time. Reads none.
pub async fn of_series(app: &AppState, experiment: &str, run: &str, tag: &str) -> Answer<Vec<RecordHead>> {
    Ok(app.store().record_heads(&app.actor(), experiment, run, tag).await?)
}
