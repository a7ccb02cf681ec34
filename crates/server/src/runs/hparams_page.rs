//! `GET /runs/{exp}/hparams`: what each run was given, beside what it reached.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use serde_json::Value;

use super::frame::Frame;
use crate::extract::Path;
use crate::hparams::{Metric, Sessions};
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Rows of the table that the server writes; the script shows them all.
const MOST: usize = 200;

struct Row {
    name: String,
    href: String,
    status: &'static str,
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
    sessions: usize,
    /// No run was given anything.
    bare: bool,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "hparams").await?;
    frame.shell = frame.shell.with_entry("hparams");
    let sessions = Sessions::of(&app, &experiment).await?;
    let metrics: Vec<&Metric> = sessions.metrics.iter().filter(|metric| metric.shown).collect();
    let best: Vec<Option<f64>> = metrics.iter().map(|metric| best(&sessions, metric)).collect();
    let path = format!("/runs/{}/r", text::encode(&experiment));
    let rows = sessions.lines.iter().take(MOST).map(|line| Row {
        name: line.name.clone(),
        href: frame.shell.url(&format!("{path}/{}", text::encode(&line.run))),
        status: line.status,
        given: sessions
            .hparams
            .iter()
            .map(|h| line.hparams.get(&h.name).map(written).unwrap_or_default())
            .collect(),
        reached: metrics
            .iter()
            .zip(&best)
            .map(|(metric, best)| {
                let value = line.reached.get(&metric.name).map(|reached| reached.last);
                Cell {
                    written: value.map_or_else(String::new, text::value),
                    best: value.is_some() && value == *best && sessions.lines.len() > 1,
                }
            })
            .collect(),
    });
    let rows = rows.collect();
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        names: sessions.hparams.iter().map(|h| h.name.clone()).collect(),
        metrics: metrics
            .iter()
            .map(|metric| (metric.name.clone(), if metric.smaller { "↓" } else { "↑" }))
            .collect(),
        rows,
        sessions: sessions.lines.len(),
        bare: sessions.hparams.is_empty(),
        frame,
    })
}

fn best(sessions: &Sessions, metric: &Metric) -> Option<f64> {
    let values = sessions.lines.iter().filter_map(|line| line.reached.get(&metric.name));
    let finite = values.map(|reached| reached.last).filter(|value| value.is_finite());
    if metric.smaller {
        finite.min_by(f64::total_cmp)
    } else {
        finite.max_by(f64::total_cmp)
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), text::given),
        other => other.to_string(),
    }
}

/// Name and written value of each hyperparameter.
pub fn flat(hparams: &Value) -> BTreeMap<String, String> {
    match hparams {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), written(value))).collect(),
        _ => BTreeMap::new(),
    }
}
