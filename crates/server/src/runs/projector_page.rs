//! `GET /runs/{exp}/projector`: which embeddings there are, before any script runs.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Embedding;

use super::frame::Frame;
use crate::embeddings::described;
use crate::extract::Path;
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "runs/projector.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    embeddings: Vec<Embedding>,
    list: String,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "projector").await?;
    frame.shell = frame.shell.with_entry("projector");
    let embeddings = app.store().embeddings(&app.actor(), &experiment).await?;
    let list: Vec<_> = embeddings.iter().map(described).collect();
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        list: serde_json::Value::from(list).to_string(),
        embeddings,
        frame,
    })
}
