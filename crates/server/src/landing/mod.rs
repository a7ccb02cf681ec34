//! `/`: what is live, recent models, recent explanations.

use askama::Template;
use axum::extract::State;

use crate::explanations::page::{Thumb, thumbs};
use crate::models::page::{Line, lines};
use crate::page::{Place, Shell, html};
use crate::problem::Answer;
use crate::runs::experiments::{Row, command, rows};
use crate::state::AppState;

/// Experiments on one screen.
const ROWS: usize = 7;

#[derive(Template)]
#[template(path = "landing.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    more: usize,
    command: String,
    demo: bool,
    models: Vec<Line>,
    thumbs: Vec<Thumb>,
}

pub async fn show(State(app): State<AppState>, shell: Shell) -> Answer {
    let mut rows = rows(&app, ROWS).await?;
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let shell = shell.at(Place::Home, "Home", "landing").here("Home");
    html(&Page {
        shell,
        rows,
        more,
        command: command(&app),
        demo: app.is_demo(),
        models: lines(&app, ROWS).await?,
        thumbs: thumbs(&app, 9).await?,
    })
}
