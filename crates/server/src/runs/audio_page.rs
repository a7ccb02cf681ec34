//! `GET /runs/{exp}/audio`: sounds of each tag and run at one step, with players in the page itself.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Kind;

use super::frame::Frame;
use super::step::{AtStep, shown};
use crate::extract::{Path, Query};
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::sounds::{Piece, pieces};
use crate::state::AppState;
use crate::text;

/// Cards the server writes, each for a query; the script brings the rest.
const CARDS: usize = 24;

/// One tag of one run.
struct Card {
    tag: String,
    run: String,
    name: String,
    step: String,
    pieces: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "runs/audio.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    cards: Vec<Card>,
}

pub async fn page(
    State(app): State<AppState>,
    shell: Shell,
    Path(experiment): Path<String>,
    Query(step): Query<AtStep>,
) -> Answer {
    let frame = Frame::of(&app, shell, &experiment, "audio").await?;
    let (mut heads, mut names) = (Vec::new(), Vec::new());
    for tag in frame.of_kind(Kind::Audio) {
        for run in frame.runs.iter().filter(|run| tag.runs.contains(&run.id)) {
            if heads.len() == CARDS {
                break;
            }
            let all = app
                .store()
                .record_heads(&app.actor(), &experiment, &run.id, &tag.tag)
                .await?;
            if let Some(head) = shown(&all, step.get()) {
                names.push((tag.tag.clone(), run.id.clone(), run.name.clone(), head.step));
                heads.push(head.clone());
            }
        }
    }
    let written = pieces(&app, heads).await?;
    let cards = names
        .into_iter()
        .zip(written)
        .map(|((tag, run, name, step), pieces)| Card {
            tag,
            run,
            name,
            step: text::integer(step),
            pieces,
        });
    html(&Page {
        shell: frame.shell.clone().with_entry("audio"),
        tabs: frame.tabs.clone(),
        cards: cards.collect(),
        frame,
    })
}
