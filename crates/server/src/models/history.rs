//! `GET /models/{m}/tensors/history`: one tensor over the checkpoints.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    name: String,
}

pub async fn history(State(app): State<AppState>, Path(model): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let rows = app.store().tensor_history(app.actor(), &model, &asked.name).await?;
    let checkpoints: Vec<Value> = rows
        .iter()
        .map(|at| {
            json!({
                "id": at.checkpoint.0.to_string(),
                "label": at.label,
                "step": at.step,
                "histogram": at.tensor["histogram"],
                "mean": at.tensor["mean"],
                "std": at.tensor["std"],
            })
        })
        .collect();
    Ok(axum::Json(json!({ "checkpoints": checkpoints })).into_response())
}
