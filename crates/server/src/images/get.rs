//! `GET /images/{id}`: the bytes as logged. Never decoded here: the browser does, in its sandbox.

use axum::extract::State;
use glassboard_store::logs::Kind;

use crate::extract::Path;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::values::{self, PartId};

pub async fn get(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    let missing = || Problem::not_found(format!("There is no image {id:?}."));
    let at: PartId = id.parse().map_err(|_| missing())?;
    let (kind, record) = app.store().record(&app.actor(), at.record).await?;
    if kind != Kind::Image {
        return Err(missing());
    }
    let images = values::data(&record).images().map_err(values::damaged)?;
    let picture = images.pictures.get(at.part).ok_or_else(missing)?;
    Ok(crate::format::somebodys_bytes(media_type(picture), picture.to_vec()))
}

/// By content: what a log calls a picture may be anything, and is never served as a page.
fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        _ => "application/octet-stream",
    }
}
