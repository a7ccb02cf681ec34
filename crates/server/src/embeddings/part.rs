//! `GET /embeddings/{id}/tensor|metadata|sprite|bookmarks`: the bytes.

use axum::extract::State;

use crate::extract::Path;
use crate::format::somebodys_bytes;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

pub async fn part(State(app): State<AppState>, Path((id, part)): Path<(i64, String)>) -> Answer {
    let read = app.store().embedding(&app.actor(), id).await?.read;
    let (hash, media_type) = match part.as_str() {
        "tensor" => (read.tensor, "application/octet-stream"),
        "metadata" => (read.metadata, "text/plain; charset=utf-8"),
        "sprite" => (read.sprite, "image/png"),
        "bookmarks" => (read.bookmarks, "text/plain; charset=utf-8"),
        _ => {
            return Err(Problem::not_found(
                "An embedding has a tensor, metadata, a sprite and bookmarks, and nothing else.",
            ));
        }
    };
    let hash = hash.ok_or_else(|| Problem::not_found(format!("This embedding has no {part}.")))?;
    Ok(somebodys_bytes(media_type, app.store().read_blob(&hash).await?))
}
