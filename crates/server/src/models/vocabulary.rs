//! `PUT /models/{m}/vocabulary`: the body is a vocabulary or a `tokenizer.json`; a worker looks at it first.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use glassboard_jobs::spec::JobSpec;
use serde::Deserialize;
use serde_json::json;

use super::preprocess::stored;
use crate::explanations::question::blob;
use crate::extract::{Path, Query};
use crate::live::Topic;
use crate::models::kind;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::upload;

/// Most bytes of a vocabulary.
const LIMIT: u64 = 64 << 20;
/// Key under which a worker is told where the vocabulary's bytes are.
pub const FILE: &str = "vocabulary_file";

#[derive(Debug, Deserialize)]
pub struct Asked {
    name: Option<String>,
}

pub async fn set_vocabulary(
    State(app): State<AppState>,
    Path(model): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let detail = app.store().model(app.actor(), &model).await?;
    let mut preprocess = stored(&detail);
    if preprocess["layout"] != "T" {
        let newest = detail.checkpoint(None);
        let text = newest.is_some_and(|c| kind(&c.facts()) == "text");
        if !text {
            return Err(Problem::conflict(
                "A vocabulary is for a model that reads tokens, and this one does not, or has not been read yet. If it does, set \
                 layout to T in its preprocessing first.",
            ));
        }
        // Without an input's name it is the one that holds the ids.
        let labels = preprocess["labels"].take();
        preprocess = json!({ "layout": "T", "resize": "none" });
        if labels.is_array() {
            preprocess["labels"] = labels;
        }
    }
    let file = upload::receive(&app, &headers, body, LIMIT, "application/octet-stream").await?;
    let name = upload::name(asked.name.as_deref(), &headers, "vocabulary");
    let spec = JobSpec::Vocabulary {
        file: blob(&app, &file.hash)?,
    };
    let found = app.work().now(spec).await?;
    let mut settings = found["settings"].clone();
    settings["vocabulary"] = json!(file.hash);
    settings["name"] = json!(name);
    preprocess["text"] = settings;
    let named = preprocess["labels"].as_array().is_some_and(|labels| !labels.is_empty());
    if !named {
        preprocess["labels"] = found["labels"].clone();
    }
    app.store()
        .set_vocabulary(app.actor(), &model, &preprocess, &file.hash)
        .await?;
    app.hub().send(Topic::Models, "model", &json!({ "model": model }));
    let answer = json!({
        "preprocess": preprocess,
        "kind": found["kind"],
        "tokens": found["tokens"],
    });
    Ok(axum::Json(answer).into_response())
}
