//! `PUT /experiments/{exp}/files?run=&path=&from=`: the next whole records of an event file.

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_ingest::Piece;
use glassboard_store::logs::FileMark;
use serde::Deserialize;
use serde_json::json;

use super::{announce, experiment, named, refused};
use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;
use crate::upload;

/// Most bytes of one piece: a record of the largest size.
const LIMIT: u64 = 257 << 20;

#[derive(Debug, Deserialize)]
pub struct Asked {
    run: String,
    path: String,
    from: u64,
    position: u64,
    size: u64,
    head_len: u64,
    head_crc: u32,
    tail_len: u64,
    tail_crc: u32,
    #[serde(default)]
    replaced: bool,
}

pub async fn receive(
    State(app): State<AppState>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    body: Body,
) -> Answer {
    named("run", &asked.run)?;
    named("path", &asked.path)?;
    let bytes = upload::in_memory(&app, body, LIMIT).await?;
    let (id, slug) = experiment(&app, &name).await?;
    let piece = Piece {
        run: asked.run,
        path: asked.path,
        from: asked.from,
        mark: FileMark {
            position: asked.position,
            size: asked.size,
            head_len: asked.head_len,
            head_crc: asked.head_crc,
            tail_len: asked.tail_len,
            tail_crc: asked.tail_crc,
        },
        replaced: asked.replaced,
        bytes,
    };
    let next = piece.mark.position;
    let appended = glassboard_ingest::receive(app.store(), &app.actor(), id, piece)
        .await
        .map_err(refused)?;
    announce(&app, &slug, &appended);
    Ok(axum::Json(json!({ "experiment": slug, "points": appended.points, "next": next })).into_response())
}
