//! `GET /runs/{exp}/images`: pictures of each tag and run at one step, in the page itself.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Kind;

use super::frame::Frame;
use super::step::{AtStep, step_of};
use crate::extract::{Path, Query};
use crate::images::{ImageAt, of_series};
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
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
    pictures: Vec<Picture>,
}

struct Picture {
    href: String,
    alt: String,
    at: ImageAt,
}

#[derive(Template)]
#[template(path = "runs/images.html")]
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
    let frame = Frame::of(&app, shell, &experiment, "images").await?;
    let mut cards = Vec::new();
    for tag in frame.of_kind(Kind::Image) {
        for run in frame.runs.iter().filter(|run| tag.runs.contains(&run.id)) {
            if cards.len() == CARDS {
                break;
            }
            let images = of_series(&app, &experiment, &run.id, &tag.tag).await?;
            cards.push(card(&frame, &tag.tag, &run.id, &run.name, images, step.get()));
        }
    }
    html(&Page {
        shell: frame.shell.clone().with_entry("images"),
        tabs: frame.tabs.clone(),
        cards,
        frame,
    })
}

fn card(frame: &Frame, tag: &str, run: &str, name: &str, images: Vec<ImageAt>, at: Option<i64>) -> Card {
    let chosen = step_of(images.iter().map(|image| image.step), at);
    let step = chosen.map(text::integer).unwrap_or_default();
    let pictures = images
        .into_iter()
        .filter(|image| Some(image.step) == chosen)
        .map(|at| Picture {
            href: frame.shell.url(&format!("/api/v1/images/{}", at.id)),
            alt: format!("{tag} of {name}, step {step}, sample {}", at.sample + 1),
            at,
        })
        .collect();
    Card {
        tag: tag.to_owned(),
        run: run.to_owned(),
        name: name.to_owned(),
        pictures,
        step,
    }
}
