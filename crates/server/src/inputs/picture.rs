//! `GET /inputs/{i}/picture.png`: drawn by a worker when the input was read.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

pub async fn picture(State(app): State<AppState>, Path(input): Path<String>) -> Answer {
    let input = app.store().input(app.actor(), &input).await?;
    let hash = input.picture_hash.ok_or_else(|| {
        Problem::not_found(format!(
            "`{}` has no picture: it is not one, or a worker has not read it yet.",
            input.name
        ))
    })?;
    let bytes = app.store().read_blob(&hash).await?;
    // Always PNG, because a worker of ours wrote it.
    let headers = [
        (header::CONTENT_TYPE, "image/png".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::ETAG, format!("\"{hash}\"")),
    ];
    Ok((headers, bytes).into_response())
}
