//! `PUT /inputs`: the body is the file.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;

use crate::extract::Query;
use crate::problem::Answer;
use crate::state::AppState;
use crate::upload::{self, INPUT_LIMIT};

#[derive(Debug, Deserialize)]
pub struct Asked {
    name: Option<String>,
    model: Option<String>,
    /// `text`: sentences, whatever the file is called.
    kind: Option<String>,
}

pub async fn upload(State(app): State<AppState>, Query(asked): Query<Asked>, headers: HeaderMap, body: Body) -> Answer {
    let model = asked.model.filter(|slug| !slug.is_empty());
    if let Some(slug) = &model {
        app.store().model(app.actor(), slug).await?;
    }
    let blob = upload::receive(&app, &headers, body, INPUT_LIMIT, "application/octet-stream").await?;
    let name = upload::name(asked.name.as_deref(), &headers, "input");
    let (input, created) = app
        .store()
        .add_input(app.actor(), &name, model.as_deref(), &blob)
        .await?;
    let file = upload::filename(&headers).unwrap_or_default();
    let ending = std::path::Path::new(&file).extension();
    let text = asked.kind.as_deref() == Some("text") || ending.is_some_and(|e| e.eq_ignore_ascii_case("txt"));
    if created && text {
        app.store()
            .set_input_facts(app.actor(), &input.slug, &json!({ "kind": "text", "rows": 1 }))
            .await?;
    }
    let input = app.store().input(app.actor(), &input.slug).await?;
    if created || input.state == "failed" {
        app.work().inspect(&app, &input).await?;
    }
    // The kind is told by a worker; a short wait saves the caller the asking.
    let input = app.work().read_input(&app, input).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let mut answer = super::summary(&input);
    answer["input"] = json!(input.slug);
    answer["job"] = json!(input.job_id);
    Ok((status, axum::Json(answer)).into_response())
}
