//! `GET /runs/{exp}/distributions`: the newest percentiles of each tag and run, in the page itself.

use askama::Template;
use axum::extract::State;

use super::by_prefix::Group;
use super::frame::Frame;
use super::tag_cards::{TagCards, Words, tag_cards};
use crate::distributions::DistributionAt;
use crate::extract::Path;
use crate::histograms::HistogramAt;
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

#[derive(Template)]
#[template(path = "runs/distributions.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    groups: Vec<Group<TagCards>>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "distributions").await?;
    frame.shell = frame.shell.with_entry("distributions");
    let groups = tag_cards(&app, &frame, words).await?;
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        groups,
        frame,
    })
}

fn words(at: HistogramAt, _total: usize) -> Words {
    let at = DistributionAt::from(at);
    let [least, median, most] = [at.values[0], at.values[4], at.values[8]].map(text::value);
    let caption = format!(
        "step {}: median {median}, from {least} to {most}",
        text::integer(at.step)
    );
    (
        caption,
        vec![("Smallest", least), ("Median", median), ("Largest", most)],
    )
}
