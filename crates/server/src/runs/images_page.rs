//! `GET /runs/{exp}/images`: the newest pictures of each tag and run, in the page itself.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Kind;

use super::frame::Frame;
use crate::extract::Path;
use crate::images::{ImageAt, of_series};
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Cards the server writes, each for a query; the script brings the rest.
const CARDS: usize = 24;

/// One tag of one run: what was logged last.
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

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let frame = Frame::of(&app, shell, &experiment, "images").await?;
    let mut cards = Vec::new();
    for tag in frame.of_kind(Kind::Image) {
        for run in frame.runs.iter().filter(|run| tag.runs.contains(&run.id)) {
            if cards.len() == CARDS {
                break;
            }
            let images = of_series(&app, &experiment, &run.id, &tag.tag).await?;
            cards.push(card(&frame, &tag.tag, &run.id, &run.name, images));
        }
    }
    html(&Page {
        shell: frame.shell.clone().with_entry("images"),
        tabs: frame.tabs.clone(),
        cards,
        frame,
    })
}

fn card(frame: &Frame, tag: &str, run: &str, name: &str, images: Vec<ImageAt>) -> Card {
    let newest = images.iter().map(|image| image.step).max();
    let step = newest.map(text::integer).unwrap_or_default();
    let pictures = images
        .into_iter()
        .filter(|image| Some(image.step) == newest)
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
