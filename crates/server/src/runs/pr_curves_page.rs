//! `GET /runs/{exp}/pr-curves`: the newest average precision of each tag and run, in the page itself.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Kind;

use super::by_prefix::{Group, by_prefix};
use super::frame::Frame;
use crate::extract::Path;
use crate::page::{Shell, Tab, html};
use crate::pr_curves::{Curve, newest};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Rows whose values the server reads, each for a query; the script brings the rest.
const ROWS: usize = 60;

/// One tag: the newest curve of its runs, in numbers, as the legend has them.
struct Card {
    tag: String,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    step: String,
    area: String,
}

#[derive(Template)]
#[template(path = "runs/pr_curves.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    groups: Vec<Group<Card>>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "pr-curves").await?;
    frame.shell = frame.shell.with_entry("pr-curves");
    let (mut cards, mut read) = (Vec::new(), 0);
    for tag in frame.of_kind(Kind::PrCurve) {
        let mut rows = Vec::new();
        for run in frame.runs.iter().filter(|run| tag.runs.contains(&run.id)) {
            if read == ROWS {
                break;
            }
            read += 1;
            let found = newest(&app, &experiment, &run.id, &tag.tag).await?;
            rows.extend(found.map(|found| row(&run.name, &found)));
        }
        cards.push(Card {
            tag: tag.tag.clone(),
            rows,
        });
    }
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        groups: by_prefix(cards, |card| &card.tag),
        frame,
    })
}

fn row(name: &str, curve: &Curve) -> Row {
    Row {
        name: name.to_owned(),
        step: text::integer(curve.step),
        area: text::value(curve.area),
    }
}
