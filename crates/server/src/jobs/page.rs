//! The jobs pages.

use askama::Template;
use axum::extract::State;
use glassboard_store::JobRow;

use crate::extract::Path;
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "jobs/list.html")]
struct ListPage {
    shell: Shell,
    title: String,
    only: String,
    jobs: Vec<JobRow>,
}

pub async fn list_page(State(app): State<AppState>, shell: Shell) -> Answer {
    let jobs = app.store().jobs(app.actor(), 50).await?;
    let shell = shell.at(Place::Jobs, "Jobs", "jobs").here("Jobs");
    html(&ListPage {
        shell,
        title: "Jobs".to_owned(),
        only: String::new(),
        jobs,
    })
}

pub async fn show_page(State(app): State<AppState>, shell: Shell, Path(id): Path<String>) -> Answer {
    let job = app.store().job(app.actor(), &id).await?;
    let shell = shell
        .at(Place::Jobs, job.title.clone(), "jobs")
        .crumb("Jobs", "/jobs")
        .here(job.title.clone());
    html(&ListPage {
        shell,
        title: job.title.clone(),
        only: id,
        jobs: vec![job],
    })
}
