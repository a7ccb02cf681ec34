//! `GET /explanations/{id}/attribution?format=columns|npy|npz|csv`.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use glassboard_report::Arrays;
use serde::Deserialize;
use serde_json::Value;

use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    format: Option<String>,
    /// `1`: of one that still runs, nothing (204) is an answer too.
    partial: Option<u8>,
}

pub async fn attribution(State(app): State<AppState>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let (whole, bytes) = if let Some(passing) = app.work().passing(&id) {
        (passing.whole(), passing.array().map(<[u8]>::to_vec))
    } else {
        let answer = app.store().answer(app.actor(), &id).await?;
        let whole = super::whole(&answer)?;
        let partial = answer.job_id.as_deref().and_then(|job| app.work().partial(job));
        let bytes = match (answer.array_hash, partial) {
            (Some(hash), _) => Some(app.store().read_blob(&hash).await?),
            (None, partial) => partial.and_then(|known| known.answer.attachments.first().cloned()),
        };
        (whole, bytes)
    };
    let bytes = match bytes {
        Some(bytes) => bytes,
        None if asked.partial == Some(1) => return Ok(StatusCode::NO_CONTENT.into_response()),
        None => return Err(not_yet()),
    };
    columns(bytes, asked.format.as_deref(), "attribution", whole).await
}

fn not_yet() -> Problem {
    Problem::not_found("This explanation has no array yet: it is still computed, or it failed.")
}

/// Writes an answer's arrays, or the one named, in another format.
type Write = fn(Value, Arrays, &str) -> Answer<Vec<u8>>;

/// A columns file as it is, or written anew: all arrays with `answer` as npz, `column` as npy, or as CSV (rows of a table
/// under the names of its columns).
pub async fn columns(bytes: Vec<u8>, format: Option<&str>, column: &'static str, answer: Value) -> Answer {
    let typed = |media: &'static str, body: Vec<u8>| -> Response {
        (
            [
                (header::CONTENT_TYPE, media),
                (header::CACHE_CONTROL, "private, no-cache"),
            ],
            body,
        )
            .into_response()
    };
    let (media, write): (_, Write) = match format.unwrap_or("columns") {
        "columns" => return Ok(typed("application/vnd.glassboard.columns", bytes)),
        "npz" => ("application/octet-stream", |answer, arrays, _| {
            glassboard_report::npz(&[(answer, arrays)]).map_err(Problem::internal)
        }),
        "npy" => ("application/octet-stream", |_, arrays, column| {
            let array = arrays.get(column).ok_or_else(several)?;
            glassboard_report::npy(array).map_err(Problem::internal)
        }),
        "csv" => ("text/csv; charset=utf-8", |answer, arrays, column| {
            Ok(if answer["columns"].is_object() {
                glassboard_report::csv(&answer, &arrays).into_bytes()
            } else {
                glassboard_report::cells(arrays.get(column).ok_or_else(several)?).into_bytes()
            })
        }),
        other => {
            return Err(Problem::bad_request(format!(
                "`format` must be columns, npy, npz or csv, not `{other}`."
            )));
        }
    };
    // Arrays of many rows take a while to write: not on the threads that answer.
    let work = move || write(answer, Arrays::read(&bytes).map_err(Problem::internal)?, column);
    let body = tokio::task::spawn_blocking(work).await.map_err(Problem::internal)??;
    Ok(typed(media, body))
}

/// Answers about sets of inputs are several arrays, none of which is the explanation of an input.
fn several() -> Problem {
    Problem::bad_request("This answer is not one array: `format=npz` or `columns` has all of its arrays.")
}
