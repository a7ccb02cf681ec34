//! `GET /runs/{exp}/graphs`: a logged graph, as a table before any script runs.

use askama::Template;
use axum::extract::State;
use glassboard_graph::RowKind;
use serde::Deserialize;

use super::frame::Frame;
use crate::extract::{Path, Query};
use crate::graphs::{self, Chosen, Source};
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::state::AppState;

/// Rows that the server writes.
const MOST: usize = 300;

#[derive(Debug, Deserialize)]
pub struct Asked {
    run: Option<String>,
    tag: Option<String>,
}

struct Row {
    label: String,
    op: String,
    detail: String,
    depth: u32,
}

#[derive(Template)]
#[template(path = "runs/graphs.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    sources: Vec<Source>,
    chosen: Option<Source>,
    /// For the script, safe inside an attribute.
    list: String,
    rows: Vec<Row>,
    problem: Option<String>,
}

pub async fn page(
    State(app): State<AppState>,
    shell: Shell,
    Path(experiment): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let mut frame = Frame::of(&app, shell, &experiment, "graphs").await?;
    frame.shell = frame.shell.with_entry("graphs");
    let sources = graphs::sources(&app, &experiment).await?;
    let fits = |source: &&Source| {
        asked.run.as_ref().is_none_or(|run| *run == source.run)
            && asked.tag.as_ref().is_none_or(|tag| *tag == source.tag)
    };
    let chosen = sources.iter().find(fits).or(sources.first()).cloned();
    let (mut rows, mut problem) = (Vec::new(), None);
    if let Some(source) = &chosen {
        let chosen = Chosen {
            run: source.run.clone(),
            tag: source.tag.clone(),
        };
        match graphs::held(&app, &experiment, &chosen).await {
            Ok(held) => {
                let top = held.graph.rows(&std::collections::HashSet::new(), None).rows;
                rows = top.into_iter().take(MOST).map(row).collect();
            }
            Err(error) => problem = Some(error.detail.clone()),
        }
    }
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        list: serde_json::to_string(&sources).unwrap_or_default(),
        sources,
        chosen,
        rows,
        problem,
        frame,
    })
}

fn row(row: glassboard_graph::Row) -> Row {
    Row {
        label: row.label,
        op: row.op.unwrap_or_else(|| {
            if row.kind == RowKind::Group {
                "group".to_owned()
            } else {
                String::new()
            }
        }),
        detail: row.detail,
        depth: row.depth,
    }
}
