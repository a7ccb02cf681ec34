//! `GET /runs/{exp}/scalars`: charts by tag prefix.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use glassboard_store::logs::Kind;

use super::frame::Frame;
use super::metric::smaller_is_better;
use crate::extract::Path;
use crate::page::{Shell, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Tags whose caption names the best run: each costs a query, which costs a row a run.
const CAPTIONS: usize = 60;
const CAPTION_ROWS: usize = 6000;

/// Charts of one prefix.
struct Group {
    prefix: String,
    charts: Vec<Chart>,
}

struct Chart {
    tag: String,
    caption: String,
}

#[derive(Template)]
#[template(path = "runs/scalars.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<crate::page::Tab>,
    groups: Vec<Group>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let frame = Frame::of(&app, shell, &experiment, "scalars").await?;
    let mut groups: Vec<Group> = Vec::new();
    let captions = CAPTIONS.min(CAPTION_ROWS / frame.runs.len().max(1));
    for (i, tag) in frame.of_kind(Kind::Scalar).enumerate() {
        let best = if i < captions {
            best(&app, &frame, &experiment, &tag.tag).await?
        } else {
            None
        };
        let caption = format!(
            "{}, {}{}",
            tag.tag,
            text::count(tag.runs.len() as i64, "run"),
            best.unwrap_or_default()
        );
        let prefix = tag.tag.split_once('/').map_or("", |(prefix, _)| prefix).to_owned();
        let chart = Chart {
            tag: tag.tag.clone(),
            caption,
        };
        match groups.iter_mut().find(|group| group.prefix == prefix) {
            Some(group) => group.charts.push(chart),
            None => groups.push(Group {
                prefix,
                charts: vec![chart],
            }),
        }
    }
    // What speaks for the model first, what speaks for the machine last.
    let rank = |group: &Group| match group.prefix.to_lowercase().as_str() {
        "val" | "eval" | "test" | "validation" => 0,
        "train" => 1,
        "system" | "perf" => 3,
        "hparam" | "hparams" => 4,
        _ => 2,
    };
    groups.sort_by_key(rank);
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        groups,
        frame,
    })
}

/// `GET /runs/{exp}` opens the first view.
pub async fn first(State(app): State<AppState>, Path(experiment): Path<String>) -> impl IntoResponse {
    Redirect::to(&app.url(&format!("/runs/{}/scalars", text::encode(&experiment))))
}

async fn best(app: &AppState, frame: &Frame, experiment: &str, tag: &str) -> Answer<Option<String>> {
    let latest = app.store().latest_values(&app.actor(), experiment, tag).await?;
    let finite = latest.iter().filter(|(_, value)| value.value.is_finite());
    let small = smaller_is_better(tag);
    let best = finite.max_by(|(_, a), (_, b)| {
        if small {
            b.value.total_cmp(&a.value)
        } else {
            a.value.total_cmp(&b.value)
        }
    });
    Ok(best.map(|(run, value)| {
        let name = frame
            .runs
            .iter()
            .find(|row| &row.id == run)
            .map_or(run.as_str(), |row| row.name.as_str());
        let which = if small { "lowest" } else { "highest" };
        format!(
            ", {which} last value {} {} at step {}",
            name,
            text::value(value.value),
            text::integer(value.step)
        )
    }))
}
