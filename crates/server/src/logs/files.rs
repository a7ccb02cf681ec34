//! `GET /experiments/{exp}/files`: event files that were sent, and how far each is here.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn files(State(app): State<AppState>, Path(name): Path<String>) -> Answer {
    let files: Vec<Value> = match app.store().find_experiment(&app.actor(), &name).await? {
        None => Vec::new(),
        Some((id, _)) => app
            .store()
            .log_files(&app.actor(), id)
            .await?
            .into_iter()
            .filter_map(|file| {
                let path = file.path.strip_prefix("push:")?;
                Some(json!({ "run": file.run, "path": path, "mark": file.mark }))
            })
            .collect(),
    };
    Ok(axum::Json(json!({ "files": files })).into_response())
}
