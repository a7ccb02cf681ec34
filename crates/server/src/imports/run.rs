//! `POST /imports`: reads log folders of this machine into the store of this server.
//!
//! A path is something that only the owner of the data directory may name: whoever asks shows the
//! key that lies in the directory's lock file, which nobody else can read.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use glassboard_ingest::{Place, Root, Stop};
use serde::Deserialize;
use serde_json::json;

use crate::extract::Json;
use crate::live::Topic;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Folders or files that one request may name.
const MOST_PATHS: usize = 1000;

#[derive(Debug, Deserialize)]
pub struct Asked {
    paths: Vec<std::path::PathBuf>,
    experiment: Option<String>,
}

pub async fn run(State(app): State<AppState>, headers: HeaderMap, Json(asked): Json<Asked>) -> Answer {
    if !app.guard().is_owner(&headers) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Paths are read for the owner of the data directory alone: run `glassboard import` as the user who runs this server.",
        ));
    }
    if asked.paths.is_empty() || asked.paths.len() > MOST_PATHS {
        return Err(Problem::bad_request(format!(
            "Name from 1 to {MOST_PATHS} paths at once."
        )));
    }
    if let Some(path) = asked
        .paths
        .iter()
        .find(|path| !path.is_absolute() && !matches!(Place::named(path), Ok(Place::Bucket(_))))
    {
        return Err(Problem::bad_request(format!(
            "{} is not absolute: the server stands in another folder than you.",
            path.display()
        )));
    }
    // One import at a time: the store has one writer anyway.
    let _turn = app.work().import_turn().await;
    let (store, actor) = (app.store().clone(), app.actor());
    let handle = tokio::runtime::Handle::current();
    let hub = app.hub().clone();
    let done = tokio::task::spawn_blocking(move || {
        let mut done = Vec::with_capacity(asked.paths.len());
        for path in asked.paths {
            let name = asked.experiment.clone();
            let place = Place::named(&path)?;
            let root = Root { place, name };
            let import = glassboard_ingest::import_once(&store, &actor, &handle, &root, &Stop::default())?;
            let news = json!({ "experiment": import.experiment, "runs": import.runs, "tags": import.tags });
            hub.send(Topic::Logs, "points", &news);
            done.push(import);
        }
        Ok(done)
    });
    let done = done.await.map_err(Problem::internal)?.map_err(crate::logs::refused)?;
    let report = glassboard_ingest::report(app.store(), &actor, &done).await?;
    Ok(axum::Json(report).into_response())
}
