//! `GET /projections/{id}/at`: the places as 32-bit floats, little endian, point after point.

use axum::extract::State;

use crate::extract::Path;
use crate::format::somebodys_bytes;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

pub async fn at(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    let row = app.store().projection(app.actor(), &id).await?;
    let hash = row
        .at_hash
        .ok_or_else(|| Problem::not_found("This picture is still computed, or it failed."))?;
    Ok(somebodys_bytes(
        "application/octet-stream",
        app.store().read_blob(&hash).await?,
    ))
}
