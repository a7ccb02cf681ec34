//! `GET /runs/{exp}/text`: texts of each tag and run at one step, in the page itself.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Kind;

use super::frame::Frame;
use super::step::{AtStep, shown};
use crate::extract::{Path, Query};
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;
use crate::texts::{Piece, of_series, pieces};

/// Cards the server writes, each for a query; the script brings the rest.
const CARDS: usize = 24;
/// Steps a reader without scripts may choose from.
const STEPS: usize = 100;

/// One tag of one run.
struct Card {
    tag: String,
    run: String,
    name: String,
    step: String,
    piece: Piece,
}

#[derive(Template)]
#[template(path = "runs/text.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    cards: Vec<Card>,
    steps: Vec<i64>,
    at: i64,
}

pub async fn page(
    State(app): State<AppState>,
    shell: Shell,
    Path(experiment): Path<String>,
    Query(step): Query<AtStep>,
) -> Answer {
    let frame = Frame::of(&app, shell, &experiment, "text").await?;
    let at = step.get();
    let (mut heads, mut names, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for tag in frame.of_kind(Kind::Text) {
        for run in frame.runs.iter().filter(|run| tag.runs.contains(&run.id)) {
            if heads.len() == CARDS {
                break;
            }
            let all = of_series(&app, &experiment, &run.id, &tag.tag).await?;
            steps.extend(all.iter().map(|head| head.step));
            if let Some(head) = shown(&all, at) {
                heads.push(head.clone());
                names.push((tag.tag.clone(), run.id.clone(), run.name.clone()));
            }
        }
    }
    steps.sort_unstable();
    steps.dedup();
    let written = pieces(&app, heads).await?;
    let cards = names.into_iter().zip(written).map(|((tag, run, name), piece)| Card {
        tag,
        run,
        name,
        step: text::integer(piece.step),
        piece,
    });
    html(&Page {
        shell: frame.shell.clone().with_entry("text"),
        tabs: frame.tabs.clone(),
        cards: cards.collect(),
        at: at.or(steps.last().copied()).unwrap_or_default(),
        steps: spread(steps),
        frame,
    })
}

/// At most [`STEPS`] of them, the first and the last among them.
fn spread(steps: Vec<i64>) -> Vec<i64> {
    let last = steps.len().saturating_sub(1);
    if steps.len() <= STEPS {
        return steps;
    }
    (0..STEPS).map(|i| steps[i * last / (STEPS - 1)]).collect()
}
