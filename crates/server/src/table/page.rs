//! `GET /runs/{exp}/table`: the table before any script runs, with its first rows.

use askama::Template;
use axum::extract::State;
use glassboard_store::logs::DeletedRun;

use super::answer::{Asked, Cell, Table, answer};
use crate::extract::{Path, Query};
use crate::page::{Shell, Tab, html};
use crate::problem::Answer;
use crate::runs::Frame;
use crate::state::AppState;
use crate::text;

struct Row {
    id: String,
    name: String,
    href: String,
    running: bool,
    pinned: bool,
    archived: bool,
    tags: Vec<String>,
    cells: Vec<Cell>,
}

struct Gone {
    run: DeletedRun,
    facts: String,
    path: String,
}

#[derive(Template)]
#[template(path = "runs/table.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    query: String,
    table: Table,
    rows: Vec<Row>,
    deleted: Vec<Gone>,
    data: String,
}

pub async fn page(
    State(app): State<AppState>,
    shell: Shell,
    Path(experiment): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let asked = Asked {
        page: None,
        size: None,
        ..asked
    };
    let mut frame = Frame::of(&app, shell, &experiment, "table").await?;
    frame.shell = frame.shell.with_entry("table");
    let table = answer(&app, &experiment, &asked).await?;
    let path = format!("/runs/{}", text::encode(&experiment));
    let rows = table
        .rows
        .iter()
        .map(|run| Row {
            id: run.summary.id.clone(),
            name: run.summary.title.clone(),
            href: frame.shell.url(&format!("{path}/r/{}", text::encode(&run.summary.id))),
            running: run.summary.running,
            pinned: run.summary.pinned,
            archived: run.summary.archived,
            tags: run.summary.labels.clone(),
            cells: table.columns.iter().map(|column| table.cell(run, column)).collect(),
        })
        .collect();
    let now = app.store().now().seconds();
    let deleted = app.store().deleted(&app.actor(), &experiment).await?;
    let deleted = deleted
        .into_iter()
        .map(|run| Gone {
            facts: match run.purged_from {
                Some(at) => format!(
                    "deleted {}, can be restored for {} more",
                    text::ago(now - run.deleted_at.seconds()),
                    text::ago(at.seconds() - now).trim_end_matches(" ago")
                ),
                None => "deleted for good; its files are not read".to_owned(),
            },
            path: frame.shell.url(&format!("{path}/r/{}/deleted", text::encode(&run.id))),
            run,
        })
        .collect();
    let data = serde_json::json!({ "experiment": experiment, "table": table.json() });
    html(&Page {
        shell: frame.shell.clone(),
        tabs: frame.tabs.clone(),
        query: asked.query,
        data: text::in_script(&data.to_string()),
        frame,
        table,
        rows,
        deleted,
    })
}
