//! `GET /experiments/{exp}/export`: every point of one tag or of many, as CSV, JSON or Parquet, streamed.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use glassboard_store::logs::Kind;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::ask::{Asked, regex};
use super::encode::{Encoder, FileFormat, Part};
use super::raw::raw;
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Pieces of an answer that wait for the client.
const WAITING: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 1 << 16;

#[derive(Debug, Deserialize)]
pub struct Wanted {
    tag: Option<String>,
    #[serde(rename = "match")]
    matching: Option<String>,
    runs: Option<String>,
    superseded: Option<u8>,
    #[serde(default)]
    format: FileFormat,
}

pub async fn export(
    State(app): State<AppState>,
    Path(experiment): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let format = wanted.format;
    let asked = Asked {
        tag: wanted.tag,
        matching: wanted.matching,
        runs: wanted.runs,
        superseded: wanted.superseded,
        ..Asked::default()
    };
    let tags = tags(&app, &experiment, &asked).await?;
    let runs = app.store().runs(&app.actor(), &experiment).await?;
    let (parts, mut coming) = mpsc::channel::<Part>(1);
    let (pieces, body) = mpsc::channel::<io::Result<Bytes>>(WAITING);
    // Read tag by tag; the encoder is a thread of its own, and both stop when the client goes away.
    let failed = pieces.clone();
    let reader = async move {
        for tag in tags {
            for one in raw(&app, &experiment, &asked, &tag).await? {
                let name = runs.iter().find(|run| run.id == one.run).map(|run| run.name.clone());
                let part = Part {
                    run: name.unwrap_or_else(|| one.run.clone()),
                    id: one.run,
                    tag: tag.clone(),
                    points: one.points,
                };
                if parts.send(part).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok::<(), Problem>(())
    };
    tokio::spawn(async move {
        if let Err(problem) = reader.await {
            // The head is gone: an answer cut short is the only way left to say that it is not whole.
            let _gone = failed.send(Err(io::Error::other(problem.detail))).await;
        }
    });
    tokio::task::spawn_blocking(move || {
        let sink = io::BufWriter::with_capacity(PIECE, Sink(pieces.clone()));
        let done = Encoder::new(format, sink).and_then(|mut encoder| {
            while let Some(part) = coming.blocking_recv() {
                encoder.write(part)?;
            }
            encoder.finish()
        });
        if let Err(error) = done {
            let _gone = pieces.blocking_send(Err(error));
        }
    });
    Ok(download(format, Body::from_stream(ReceiverStream::new(body))))
}

/// What is sent, a piece at a time.
struct Sink(mpsc::Sender<io::Result<Bytes>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client went away"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn tags(app: &AppState, experiment: &str, asked: &Asked) -> Answer<Vec<String>> {
    let known = app.store().tags(&app.actor(), experiment, Some(Kind::Scalar)).await?;
    let found: Vec<String> = match (&asked.tag, &asked.matching) {
        (Some(tag), _) => known.into_iter().map(|t| t.tag).filter(|t| t == tag).collect(),
        (None, Some(source)) => {
            let regex = regex(source)?;
            known.into_iter().map(|t| t.tag).filter(|t| regex.is_match(t)).collect()
        }
        (None, None) => {
            return Err(Problem::bad_request(
                "Say what to export: `tag` for one series, `match` for all that an expression matches.",
            ));
        }
    };
    if found.is_empty() {
        let what = asked.tag.as_ref().or(asked.matching.as_ref());
        return Err(Problem::not_found(format!(
            "No scalar tag is {:?}.",
            what.map_or("", String::as_str)
        )));
    }
    // A wrong list of runs is said before the answer begins.
    asked.runs()?;
    Ok(found)
}

fn download(format: FileFormat, body: Body) -> Response {
    let mut response = ([(header::CONTENT_TYPE, format.media_type())], body).into_response();
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static(format.disposition()),
    );
    response
}
