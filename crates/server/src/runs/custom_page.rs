//! `GET /runs/{exp}/custom`: the charts that runs laid out, with the newest values of their tags.

use askama::Template;
use axum::extract::State;

use super::frame::Frame;
use crate::custom::{self, Faulty};
use crate::extract::Path;
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Tags whose values the server reads, each for a query; the script brings the rest.
const TAGS: usize = 60;
/// Rows of one chart's table.
const ROWS: usize = 12;

struct Section {
    title: String,
    closed: bool,
    cards: Vec<Card>,
}

struct Card {
    /// Tells it from every other chart, also after a layout grew.
    key: String,
    title: String,
    /// Tags, with the borders of their bands, as the legend has them.
    legend: Vec<(String, String)>,
    rows: Vec<Row>,
    more: usize,
    problems: Vec<String>,
}

struct Row {
    tag: String,
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "runs/custom.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    sections: Vec<Section>,
    problems: Vec<Faulty>,
    /// The layout for the script, safe inside a `<script>`.
    layout: String,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "custom").await?;
    frame.shell = frame.shell.with_entry("custom");
    let found = custom::custom(&app, &experiment).await?;
    let layout = text::in_script(&serde_json::to_string(&found).map_err(crate::problem::Problem::internal)?);
    let all_closed = found.categories.iter().all(|category| category.closed);
    let (mut sections, mut read) = (Vec::new(), 0);
    for category in found.categories {
        let mut cards = Vec::new();
        for chart in category.charts {
            let mut rows = Vec::new();
            for tag in chart.tags() {
                if read == TAGS {
                    break;
                }
                read += 1;
                let latest = app.store().latest_values(&app.actor(), &experiment, tag).await?;
                rows.extend(frame.runs.iter().filter_map(|run| {
                    latest.get(&run.id).map(|latest| Row {
                        tag: tag.to_owned(),
                        name: run.name.clone(),
                        value: text::value(latest.value),
                    })
                }));
            }
            let more = rows.len().saturating_sub(ROWS);
            rows.truncate(ROWS);
            cards.push(Card {
                legend: chart.legend(),
                key: chart.key,
                title: chart.title,
                rows,
                more,
                problems: chart.problems,
            });
        }
        sections.push(Section {
            title: category.title,
            closed: category.closed,
            cards,
        });
    }
    // A page of closed sections shows nothing of what was laid out.
    if let Some(first) = sections.first_mut().filter(|_| all_closed) {
        first.closed = false;
    }
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        sections,
        problems: found.problems,
        layout,
        frame,
    })
}
