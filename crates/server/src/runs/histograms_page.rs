//! `GET /runs/{exp}/histograms`: what each tag holds; the script draws it.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Kind;

use super::by_prefix::{Group, by_prefix};
use super::frame::Frame;
use crate::extract::Path;
use crate::histograms::newest;
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Rows whose values the server reads, each for a query; the script brings the rest.
const ROWS: usize = 48;

/// One tag: what its runs logged last.
struct Card {
    tag: String,
    runs: String,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    step: String,
    /// Left end, right end, how many values.
    values: [String; 3],
}

#[derive(Template)]
#[template(path = "runs/histograms.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    groups: Vec<Group<Card>>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "histograms").await?;
    frame.shell = frame.shell.with_entry("histograms");
    let (mut cards, mut read) = (Vec::new(), 0);
    for tag in frame.of_kind(Kind::Histogram) {
        let mut rows = Vec::new();
        for run in frame.runs.iter().filter(|run| tag.runs.contains(&run.id)) {
            if read == ROWS {
                break;
            }
            read += 1;
            let Some(at) = newest(&app, &experiment, &run.id, &tag.tag).await? else {
                continue;
            };
            let values: f64 = at.bins.iter().map(|bin| bin[2]).sum();
            let end = |edge: Option<f64>| edge.map(text::value).unwrap_or_default();
            rows.push(Row {
                name: run.name.clone(),
                step: text::integer(at.step),
                values: [
                    end(at.bins.first().map(|bin| bin[0])),
                    end(at.bins.last().map(|bin| bin[1])),
                    text::integer(values as i64),
                ],
            });
        }
        cards.push(Card {
            tag: tag.tag.clone(),
            runs: text::count(tag.runs.len() as i64, "run"),
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
