//! `GET /runs/{exp}/histograms`: the newest histogram of each tag and run in numbers; the script draws them all.

use askama::Template;
use axum::extract::State;

use super::by_prefix::Group;
use super::frame::Frame;
use super::tag_cards::{TagCards, Words, tag_cards};
use crate::extract::Path;
use crate::histograms::HistogramAt;
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

#[derive(Template)]
#[template(path = "runs/histograms.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    groups: Vec<Group<TagCards>>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "histograms").await?;
    frame.shell = frame.shell.with_entry("histograms");
    let groups = tag_cards(&app, &frame, words).await?;
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        groups,
        frame,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the signature tag_cards asks for")]
fn words(at: HistogramAt, total: usize) -> Words {
    let values: f64 = at.bins.iter().map(|bin| bin[2]).sum();
    let edge = |edge: Option<f64>| edge.map(text::value).unwrap_or_default();
    let many = text::count(total as i64, "histogram");
    let numbers = vec![
        ("Values", text::integer(values as i64)),
        ("From", edge(at.bins.first().map(|bin| bin[0]))),
        ("To", edge(at.bins.last().map(|bin| bin[1]))),
    ];
    (format!("{many}, newest at step {}", text::integer(at.step)), numbers)
}
