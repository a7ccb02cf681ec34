//! `POST /experiments/{exp}/log?run=NAME`: JSON lines of scalars, texts, config and system metrics.

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_ingest::Lines;
use serde::Deserialize;
use serde_json::json;

use super::{announce, experiment, named, refused};
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::upload;

/// Most bytes of one batch.
const LIMIT: u64 = 16 << 20;

#[derive(Debug, Deserialize)]
pub struct Asked {
    run: String,
    /// Who writes; batches of one writer are counted.
    writer: Option<String>,
    /// The number of this batch, from 0: sent again, it is not added again.
    batch: Option<u64>,
}

pub async fn write(
    State(app): State<AppState>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    body: Body,
) -> Answer {
    named("run", &asked.run)?;
    let writer = asked.writer.unwrap_or_else(|| "http".to_owned());
    named("writer", &writer)?;
    let bytes = upload::in_memory(&app, body, LIMIT).await?;
    let text = String::from_utf8(bytes).map_err(|_| Problem::bad_request("The body is not UTF-8 text."))?;
    let (id, slug) = experiment(&app, &name).await?;
    let lines = Lines {
        run: asked.run,
        writer,
        batch: asked.batch,
        text,
        now: app.store().now().seconds(),
    };
    let written = glassboard_ingest::write_lines(app.store(), &app.actor(), id, lines)
        .await
        .map_err(refused)?;
    announce(&app, &slug, &written.appended);
    let answer = json!({ "experiment": slug, "points": written.appended.points, "next": written.next });
    Ok(axum::Json(answer).into_response())
}
