//! `GET /runs/{exp}/histograms`.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::{Kind, TagSummary};

use super::frame::Frame;
use crate::extract::Path;
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "runs/histograms.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    tags: Vec<TagSummary>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let frame = Frame::of(&app, shell, &experiment, "histograms").await?;
    let tags = frame.of_kind(Kind::Histogram).cloned().collect();
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        tags,
        frame,
    })
}
