//! `GET /runs/{exp}/mesh`: which meshes there are, as a table; the script draws them.

use askama::Template;
use axum::extract::State;

use super::frame::Frame;
use crate::extract::Path;
use crate::meshes::{self, Mesh};
use crate::page::{Shell, Tab, html};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

/// Rows the server writes; the script draws all.
const ROWS: usize = 200;

struct Row {
    mesh: Mesh,
    name: String,
    parts: String,
    steps: String,
    last: String,
    href: String,
}

#[derive(Template)]
#[template(path = "runs/mesh.html")]
struct Page {
    shell: Shell,
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    list: String,
}

pub async fn page(State(app): State<AppState>, shell: Shell, Path(experiment): Path<String>) -> Answer {
    let frame = Frame::of(&app, shell, &experiment, "mesh").await?;
    let meshes = meshes::all(&app, &experiment).await?;
    let list = serde_json::to_string(&meshes).map_err(Problem::internal)?;
    let rows = meshes.into_iter().take(ROWS).map(|mesh| row(&frame, &experiment, mesh));
    html(&Page {
        shell: frame.shell.clone().with_entry("mesh"),
        tabs: frame.tabs.clone(),
        rows: rows.collect(),
        list,
        frame,
    })
}

fn row(frame: &Frame, experiment: &str, mesh: Mesh) -> Row {
    let run = frame.runs.iter().find(|run| run.id == mesh.run);
    let words = [("vertex", "points"), ("face", "faces"), ("colour", "colours")];
    let logged = words.iter().filter(|(part, _)| mesh.parts.contains_key(part));
    let path = format!(
        "/api/v1/experiments/{}/mesh/data?run={}&mesh={}",
        text::encode(experiment),
        text::encode(&mesh.run),
        text::encode(&mesh.name)
    );
    Row {
        name: run.map_or_else(|| mesh.run.clone(), |run| run.name.clone()),
        parts: logged.map(|(_, word)| *word).collect::<Vec<_>>().join(", "),
        steps: text::integer(mesh.steps),
        last: text::integer(mesh.last_step),
        href: frame.shell.url(&path),
        mesh,
    }
}
