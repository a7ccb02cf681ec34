//! The comparison as a page: facts, hyperparameters and metrics as rows, runs as columns.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::RunRecord;
use serde::Deserialize;

use super::curves::{Chart, charts};
use crate::extract::Query;
use crate::page::{Place, Shell, html};
use crate::problem::{Answer, Problem};
use crate::runs::flat;
use crate::runs::metric::smaller_is_better;
use crate::state::AppState;
use crate::text;

/// Runs at most: a column each, and a colour.
const MOST: usize = 24;
/// Metrics at most.
const METRICS: usize = 200;

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    runs: String,
    /// `1`: only rows in which the runs differ.
    diff: Option<String>,
}

/// A run that is compared.
pub struct Compared {
    pub experiment: String,
    pub experiment_name: String,
    pub record: RunRecord,
    /// Its place, which is its colour.
    pub slot: usize,
    href: String,
    without: String,
}

impl Compared {
    fn title(&self) -> &str {
        &self.record.summary.title
    }

    fn colour(&self) -> usize {
        self.slot % 12
    }
}

struct Cell {
    text: String,
    more: String,
    best: bool,
}

struct Row {
    name: String,
    arrow: &'static str,
    cells: Vec<Cell>,
    differs: bool,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Page {
    shell: Shell,
    runs: Vec<Compared>,
    missing: Vec<String>,
    facts: Vec<Row>,
    hparams: Vec<Row>,
    metrics: Vec<Row>,
    charts: Vec<Chart>,
    same: usize,
    diff: bool,
    toggle: String,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Query(asked): Query<Asked>) -> Answer {
    let diff = asked.diff.as_deref() == Some("1");
    let wanted: Vec<(&str, &str)> = asked
        .runs
        .split(',')
        .filter_map(|one| one.trim().rsplit_once('/'))
        .collect();
    if wanted.len() > MOST {
        return Err(Problem::bad_request(format!(
            "At most {MOST} runs are compared; choose fewer."
        )));
    }
    let (runs, missing) = find(&app, &wanted).await?;
    let now = app.store().now().seconds();
    let all_tags: BTreeSet<&String> = runs.iter().flat_map(|run| run.record.metrics.keys()).collect();
    let shared: Vec<String> = all_tags
        .iter()
        .filter(|tag| runs.iter().filter(|run| run.record.metrics.contains_key(**tag)).count() > 1)
        .map(|tag| (*tag).clone())
        .collect();
    let charts = charts(&app, &runs, &shared).await?;
    let mut hparams = hparams(&runs);
    let mut metrics: Vec<Row> = all_tags.iter().take(METRICS).map(|tag| metric(&runs, tag)).collect();
    let mut facts = facts(&runs, now);
    let same = [&hparams, &metrics, &facts]
        .into_iter()
        .flatten()
        .filter(|row| !row.differs)
        .count();
    if diff {
        for rows in [&mut hparams, &mut metrics, &mut facts] {
            rows.retain(|row| row.differs);
        }
    }
    let toggle = shell.url(&format!(
        "/compare?{}runs={}",
        if diff { "" } else { "diff=1&" },
        asked.runs
    ));
    html(&Page {
        shell: shell
            .at(Place::Runs, "Compare runs", "organise")
            .crumb("Runs", "/runs")
            .here("Compare"),
        runs,
        missing,
        facts,
        hparams,
        metrics,
        charts,
        same,
        diff,
        toggle,
    })
}

/// The runs that are there, in the order asked for, and the names of those that are not.
async fn find(app: &AppState, wanted: &[(&str, &str)]) -> Answer<(Vec<Compared>, Vec<String>)> {
    let (store, actor) = (app.store(), app.actor());
    let mut records: BTreeMap<&str, (String, Vec<RunRecord>)> = BTreeMap::new();
    for (experiment, _) in wanted {
        if records.contains_key(experiment) {
            continue;
        }
        // An experiment that is gone costs its runs alone.
        let Ok(found) = store.experiment(&actor, experiment).await else {
            continue;
        };
        let mut tags = store.scalar_tags(&actor, experiment).await?;
        tags.retain(|tag| !tag.starts_with("_hparams_/"));
        tags.truncate(METRICS);
        records.insert(
            experiment,
            (found.name, store.run_records(&actor, experiment, &tags).await?),
        );
    }
    let address = |without: usize| {
        let rest = wanted.iter().enumerate().filter(|(place, _)| *place != without);
        let rest = rest.map(|(_, (experiment, run))| format!("{}/{}", text::encode(experiment), text::encode(run)));
        app.url(&format!("/compare?runs={}", rest.collect::<Vec<_>>().join(",")))
    };
    let (mut runs, mut missing) = (Vec::<Compared>::new(), Vec::new());
    for (place, (experiment, run)) in wanted.iter().enumerate() {
        let found = records
            .get(experiment)
            .and_then(|(name, all)| Some((name, all.iter().find(|one| one.summary.id == *run)?)));
        match found {
            Some((name, record)) => runs.push(Compared {
                experiment: (*experiment).to_owned(),
                experiment_name: name.clone(),
                record: record.clone(),
                slot: runs.len(),
                href: app.url(&format!("/runs/{}/r/{}", text::encode(experiment), text::encode(run))),
                without: address(place),
            }),
            None => missing.push(format!("{experiment}/{run}")),
        }
    }
    Ok((runs, missing))
}

fn plain(text: String) -> Cell {
    Cell {
        text,
        more: String::new(),
        best: false,
    }
}

fn row(name: &str, cells: Vec<Cell>) -> Row {
    Row {
        name: name.to_owned(),
        arrow: "",
        differs: cells
            .iter()
            .any(|cell| cell.text != cells[0].text || cell.more != cells[0].more),
        cells,
    }
}

fn facts(runs: &[Compared], now: f64) -> Vec<Row> {
    let each = |of: &dyn Fn(&Compared) -> String| runs.iter().map(|run| plain(of(run))).collect::<Vec<_>>();
    let length = |run: &Compared| {
        let summary = &run.record.summary;
        let seconds = summary
            .last_wall
            .zip(summary.first_wall)
            .map_or(0.0, |(last, first)| last - first);
        text::ago(seconds).trim_end_matches(" ago").to_owned()
    };
    let began = |run: &Compared| {
        run.record
            .summary
            .first_wall
            .map_or_else(String::new, |wall| text::ago(now - wall))
    };
    vec![
        row("Experiment", each(&|run| run.experiment_name.clone())),
        row("Folder", each(&|run| run.record.summary.name.clone())),
        row("Tags", each(&|run| run.record.summary.labels.join(", "))),
        row("Started", each(&began)),
        row("Duration", each(&length)),
        row("Points", each(&|run| text::integer(run.record.summary.points))),
    ]
}

fn hparams(runs: &[Compared]) -> Vec<Row> {
    let given: Vec<BTreeMap<String, String>> = runs
        .iter()
        .map(|run| flat(&serde_json::Value::Object(run.record.hparams.clone())))
        .collect();
    let names: BTreeSet<&String> = given.iter().flat_map(BTreeMap::keys).collect();
    names
        .into_iter()
        .map(|name| {
            let cells = given
                .iter()
                .map(|given| plain(given.get(name).cloned().unwrap_or_default()));
            row(name, cells.collect())
        })
        .collect()
}

/// The last value of each run, and its best where that is another; the best of all last values is marked.
fn metric(runs: &[Compared], tag: &str) -> Row {
    let low = smaller_is_better(tag);
    let last = || {
        runs.iter()
            .filter_map(|run| run.record.metrics.get(tag))
            .map(|m| m.last)
            .filter(|v| v.is_finite())
    };
    let best = if low {
        last().min_by(f64::total_cmp)
    } else {
        last().max_by(f64::total_cmp)
    };
    let best = best.filter(|best| last().any(|value| value.total_cmp(best).is_ne()));
    let cells = runs.iter().map(|run| {
        let Some(metric) = run.record.metrics.get(tag) else {
            return plain(String::new());
        };
        let reached = if low { metric.min } else { metric.max };
        let (written, reached) = (text::value(metric.last), text::value(reached));
        Cell {
            more: if reached == written || reached.contains('∞') {
                String::new()
            } else {
                format!("best {reached}")
            },
            text: written,
            best: Some(metric.last) == best,
        }
    });
    Row {
        arrow: if low { "↓" } else { "↑" },
        ..row(tag, cells.collect())
    }
}
