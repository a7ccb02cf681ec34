//! `GET /inputs/{i}/file`: the bytes as they were uploaded.

use axum::extract::State;

use crate::extract::Path;
use crate::format::somebodys_bytes;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn file(State(app): State<AppState>, Path(input): Path<String>) -> Answer {
    let input = app.store().input(app.actor(), &input).await?;
    let bytes = app.store().read_blob(&input.hash).await?;
    Ok(somebodys_bytes("application/octet-stream", bytes))
}
