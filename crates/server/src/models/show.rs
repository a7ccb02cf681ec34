//! `GET /models/{m}`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(model): Path<String>) -> Answer {
    let detail = app.store().model(app.actor(), &model).await?;
    let facts = detail
        .checkpoint(None)
        .map_or(Value::Null, glassboard_store::CheckpointRow::facts);
    let checkpoints: Vec<Value> = detail
        .checkpoints
        .iter()
        .map(|c| {
            json!({
                "id": c.id.0.to_string(),
                "label": c.label,
                "step": c.step,
                "hash": c.hash,
                "bytes": c.bytes,
                "state": c.state,
                "error": c.error,
                "created_at": c.created_at,
            })
        })
        .collect();
    let mut answer = super::summary(&detail);
    answer["checkpoints"] = checkpoints.into();
    for name in ["inputs", "outputs", "metadata", "export_hint", "running", "glassbox"] {
        answer[name] = facts[name].clone();
    }
    answer["preprocess"] = super::preprocess::stored(&detail);
    answer["preprocess_origin"] = detail.model.preprocess_origin.clone().into();
    Ok(axum::Json(answer).into_response())
}
