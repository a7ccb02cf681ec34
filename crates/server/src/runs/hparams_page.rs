//! `GET /runs/{exp}/hparams`: what each run was given, beside what it reached.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::Kind;
use serde_json::Value;

use super::frame::Frame;
use super::metric::{main_tag, smaller_is_better};
use crate::extract::Path;
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Runs in the table; each costs a query.
const MOST: usize = 500;
/// Metric columns.
const METRICS: usize = 4;

struct Row {
    name: String,
    href: String,
    given: Vec<String>,
    reached: Vec<Cell>,
}

struct Cell {
    written: String,
    best: bool,
}

#[derive(Template)]
#[template(path = "runs/hparams.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    names: Vec<String>,
    metrics: Vec<(String, &'static str)>,
    rows: Vec<Row>,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let frame = Frame::of(&app, shell, &experiment, "hparams").await?;
    let mut given: Vec<BTreeMap<String, String>> = Vec::new();
    for run in frame.runs.iter().take(MOST) {
        let detail = app.store().run(&app.actor(), &experiment, &run.id).await?;
        given.push(flat(&detail.hparams));
    }
    let names: Vec<String> = given
        .iter()
        .flat_map(BTreeMap::keys)
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut tags: Vec<String> = main_tag(&frame.tags).map(|tag| tag.tag.clone()).into_iter().collect();
    for tag in frame.of_kind(Kind::Scalar).map(|tag| &tag.tag) {
        if tags.len() < METRICS
            && !tags.contains(tag)
            // `add_hparams` repeats a metric's end under a name of its own.
            && !tag.starts_with("hparam")
            && (tag.contains("val") || tag.contains("loss") || tag.contains("acc"))
        {
            tags.push(tag.clone());
        }
    }
    let mut reached = Vec::new();
    for tag in &tags {
        reached.push(app.store().latest_values(&app.actor(), &experiment, tag).await?);
    }
    let best: Vec<Option<f64>> = tags
        .iter()
        .zip(&reached)
        .map(|(tag, values)| {
            let finite = values.values().map(|v| v.value).filter(|v| v.is_finite());
            if smaller_is_better(tag) {
                finite.min_by(f64::total_cmp)
            } else {
                finite.max_by(f64::total_cmp)
            }
        })
        .collect();
    let rows = frame
        .runs
        .iter()
        .zip(&given)
        .filter(|(_, given)| !given.is_empty() || names.is_empty())
        .map(|(run, given)| Row {
            name: run.name.clone(),
            href: run.href.clone(),
            given: names
                .iter()
                .map(|name| given.get(name).cloned().unwrap_or_default())
                .collect(),
            reached: reached
                .iter()
                .zip(&best)
                .map(|(values, best)| {
                    let value = values.get(&run.id).map(|v| v.value);
                    Cell {
                        written: value.map_or_else(String::new, text::value),
                        best: value.is_some() && value == *best && values.values().any(|v| Some(v.value) != *best),
                    }
                })
                .collect(),
        })
        .collect();
    let metrics = tags
        .iter()
        .map(|tag| (tag.clone(), if smaller_is_better(tag) { "↓" } else { "↑" }))
        .collect();
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        names,
        metrics,
        rows,
        frame,
    })
}

/// Name and written value of each hyperparameter.
pub fn flat(hparams: &Value) -> BTreeMap<String, String> {
    let written = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), text::given),
        other => other.to_string(),
    };
    match hparams {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), written(value))).collect(),
        _ => BTreeMap::new(),
    }
}
