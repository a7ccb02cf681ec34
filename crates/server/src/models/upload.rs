//! `PUT /models`: the body is the file.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use glassboard_store::NewCheckpoint;
use serde::Deserialize;
use serde_json::json;

use crate::extract::Query;
use crate::live::Topic;
use crate::models::given;
use crate::problem::Answer;
use crate::state::AppState;
use crate::upload::{self, MODEL_LIMIT};

#[derive(Debug, Deserialize)]
pub struct Asked {
    name: Option<String>,
    checkpoint_of: Option<String>,
    step: Option<i64>,
    /// `preprocess.json` as text.
    preprocess: Option<String>,
}

pub async fn upload(State(app): State<AppState>, Query(asked): Query<Asked>, headers: HeaderMap, body: Body) -> Answer {
    let checkpoint_of = asked.checkpoint_of.filter(|slug| !slug.is_empty());
    if let Some(slug) = &checkpoint_of {
        // Said before gigabytes are sent for nothing.
        app.store().model(app.actor(), slug).await?;
    }
    let preprocess = match asked.preprocess.as_deref().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(given(text)?),
    };
    let blob = upload::receive(&app, &headers, body, MODEL_LIMIT, "application/octet-stream").await?;
    let name = upload::name(asked.name.as_deref(), &headers, "model");
    let new = NewCheckpoint {
        checkpoint_of,
        filename: upload::filename(&headers).unwrap_or_else(|| name.clone()),
        name: without_extension(&name),
        step: asked.step,
        blob: blob.clone(),
    };
    let added = app.store().add_checkpoint(app.actor(), new).await?;
    if let Some(preprocess) = &preprocess {
        app.store()
            .set_preprocess(app.actor(), &added.model, preprocess)
            .await?;
    }
    let job = if added.created || added.state == "failed" {
        Some(app.work().scan(&app, added.checkpoint, &blob, &name).await?)
    } else {
        added.job
    };
    app.hub().send(Topic::Models, "model", &json!({ "model": added.model }));
    let status = if added.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let answer = json!({
        "model": added.model,
        "checkpoint": added.checkpoint.0.to_string(),
        "hash": blob.hash,
        "job": job,
        "state": if added.state == "failed" { "scanning" } else { added.state.as_str() },
    });
    Ok((status, axum::Json(answer)).into_response())
}

fn without_extension(name: &str) -> String {
    let known = [
        ".onnx",
        ".safetensors",
        ".pt",
        ".pth",
        ".ckpt",
        ".bin",
        ".zip",
        ".json",
        ".ubj",
        ".txt",
    ];
    let lower = name.to_ascii_lowercase();
    known
        .iter()
        .find(|end| lower.ends_with(*end) && lower.len() > end.len())
        .map_or_else(|| name.to_owned(), |end| name[..name.len() - end.len()].to_owned())
}
