//! `GET /experiments/{exp}/embeddings`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::Embedding;
use serde_json::{Value, json};

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    let embeddings = app.store().embeddings(&app.actor(), &experiment).await?;
    let embeddings: Vec<Value> = embeddings.iter().map(described).collect();
    Ok(axum::Json(json!({ "embeddings": embeddings })).into_response())
}

/// As the API answers it.
pub fn described(one: &Embedding) -> Value {
    let read = &one.read;
    let sprite = read
        .sprite
        .as_ref()
        .map(|_| json!({ "width": read.sprite_size.0, "height": read.sprite_size.1 }));
    json!({ "id": one.id, "run": one.run, "name": one.run_name, "tensor": read.name, "points": read.n,
            "dimensions": read.width, "metadata": read.metadata.is_some(), "sprite": sprite,
            "bookmarks": read.bookmarks.is_some(), "problem": read.problem })
}
