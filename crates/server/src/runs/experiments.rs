//! `GET /runs`: every experiment.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::ExperimentSummary;

use super::metric::{Headline, headline};
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Experiments that get a curve; each costs a query.
const CURVES: usize = 40;

/// One experiment of a list.
pub struct Row {
    pub href: String,
    pub name: String,
    pub facts: String,
    pub running: bool,
    pub headline: Option<Headline>,
}

#[derive(Template)]
#[template(path = "runs/experiments.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    command: String,
}

pub async fn page(State(app): State<AppState>, shell: Shell) -> Answer {
    let rows = rows(&app, CURVES).await?;
    html(&Page {
        shell: shell.at(Place::Runs, "Runs", "landing").here("Runs"),
        rows,
        command: command(&app),
    })
}

/// Experiments that have runs, running ones first, then by their last event; the first `curves` with a
/// curve. A log folder in which nothing was written yet is no row: the empty page says what to do.
pub async fn rows(app: &AppState, curves: usize) -> Answer<Vec<Row>> {
    let mut experiments = app.store().experiments(&app.actor()).await?;
    experiments.retain(|experiment| experiment.runs > 0);
    let wall = |e: &ExperimentSummary| e.last_wall.unwrap_or(f64::NEG_INFINITY);
    experiments.sort_by(|a, b| (b.running > 0).cmp(&(a.running > 0)).then(wall(b).total_cmp(&wall(a))));
    let now = app.store().now().seconds();
    let mut rows = Vec::with_capacity(experiments.len());
    for (i, experiment) in experiments.into_iter().enumerate() {
        let ago = experiment
            .last_wall
            .map(|wall| format!(", last event {}", text::ago(now - wall)))
            .unwrap_or_default();
        rows.push(Row {
            href: app.url(&format!("/runs/{}/scalars", text::encode(&experiment.slug))),
            facts: format!("{}{ago}", text::count(experiment.runs, "run")),
            running: experiment.running > 0,
            headline: if i < curves {
                headline(app, &experiment.slug).await?
            } else {
                None
            },
            name: experiment.name,
        });
    }
    Ok(rows)
}

/// What to type to see runs.
pub fn command(app: &AppState) -> String {
    match app.logdirs().first() {
        Some(place) => format!("writer = SummaryWriter({:?})", format!("{place}/my-run")),
        None => "glassboard serve --logdir runs".to_owned(),
    }
}
