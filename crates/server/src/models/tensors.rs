//! `GET /models/{m}/tensors`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use super::{Of, chosen};
use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;

pub async fn tensors(State(app): State<AppState>, Path(model): Path<String>, Query(of): Query<Of>) -> Answer {
    let detail = app.store().model(app.actor(), &model).await?;
    let checkpoint = chosen(&detail, of.checkpoint.as_deref())?;
    let tensors = app.store().tensors(checkpoint.id).await?;
    Ok(axum::Json(json!({ "tensors": tensors })).into_response())
}
