//! Bytes on their way in: hashed as they arrive, bounded, on disk before anything is acknowledged.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use glassboard_store::{Blob, BlobWriter};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most bytes of a model file.
pub const MODEL_LIMIT: u64 = 8 << 30;
/// Most bytes of an input file.
pub const INPUT_LIMIT: u64 = 64 << 20;
/// What is gathered before a blocking write.
const STEP: usize = 1 << 20;
/// Uploads that may be under way together; each holds a buffer and a scratch file.
pub const MOST_AT_ONCE: usize = 32;
/// A client must send this much
const LEAST: u64 = 64 << 10;
/// within this time, or the rest.
const PATIENCE: Duration = Duration::from_mins(1);
/// Most characters of a name; it is text in the database and nothing else.
const NAME_LIMIT: usize = 200;

/// Streams `body` into a blob of at most `limit` bytes.
pub async fn receive(app: &AppState, headers: &HeaderMap, body: Body, limit: u64, media_type: &str) -> Answer<Blob> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    let mut arriving = Arriving::begin(app, body, limit)?;
    let mut writer = app.store().new_blob(limit)?;
    let mut pending = BytesMut::new();
    while let Some(chunk) = arriving.next().await? {
        pending.extend_from_slice(&chunk);
        if pending.len() >= STEP {
            writer = write(writer, pending.split()).await?;
        }
    }
    if announced.is_some_and(|bytes| bytes != arriving.total) {
        return Err(Problem::bad_request(
            "The upload was cut off before its end; nothing was stored. Send it again.",
        ));
    }
    if arriving.total == 0 {
        return Err(Problem::bad_request(
            "The body is empty: send the file's bytes as the body of the PUT.",
        ));
    }
    writer = write(writer, pending).await?;
    Ok(app.store().finish_blob(writer, media_type).await?)
}

/// A body of at most `limit` bytes that is kept in memory and nowhere else.
pub async fn in_memory(app: &AppState, body: Body, limit: u64) -> Answer<Vec<u8>> {
    let mut arriving = Arriving::begin(app, body, limit)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = arriving.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    if bytes.is_empty() {
        return Err(Problem::bad_request(
            "The body is empty: send the input's bytes as the body.",
        ));
    }
    Ok(bytes)
}

/// A body on its way in: one of a bounded number, of bounded size, and not slower than a bound.
struct Arriving {
    stream: BodyDataStream,
    limit: u64,
    total: u64,
    /// What had arrived at the last look at the clock, and when that was.
    mark: (u64, Instant),
    patience: Duration,
    _turn: OwnedSemaphorePermit,
}

impl Arriving {
    fn begin(app: &AppState, body: Body, limit: u64) -> Answer<Self> {
        let turn = app.work().upload_turn().ok_or_else(|| {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{MOST_AT_ONCE} uploads are under way already; send it again when one is through."),
            )
        })?;
        Ok(Self {
            stream: body.into_data_stream(),
            limit,
            total: 0,
            mark: (0, Instant::now()),
            patience: PATIENCE,
            _turn: turn,
        })
    }

    async fn next(&mut self) -> Answer<Option<Bytes>> {
        let Ok(chunk) = timeout_at(self.mark.1 + self.patience, self.stream.next()).await else {
            return Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "The upload came to a halt: fewer than {} KiB arrived within {} s; nothing was stored. Send it again.",
                    LEAST >> 10,
                    self.patience.as_secs()
                ),
            ));
        };
        let Some(chunk) = chunk else { return Ok(None) };
        let chunk = chunk.map_err(|error| {
            Problem::bad_request(format!(
                "The upload was cut off ({error}); nothing was stored. Send it again."
            ))
        })?;
        self.total += chunk.len() as u64;
        if self.total > self.limit {
            return Err(too_large(self.limit));
        }
        if self.total - self.mark.0 >= LEAST {
            self.mark = (self.total, Instant::now());
        }
        Ok(Some(chunk))
    }
}

async fn write(mut writer: BlobWriter, chunk: BytesMut) -> Answer<BlobWriter> {
    tokio::task::spawn_blocking(move || writer.write(&chunk).map(|()| writer))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::from)
}

/// 413 with the limit in words.
pub fn too_large(limit: u64) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!(
            "The file is larger than the {} MiB that one upload may have; nothing was stored.",
            limit >> 20
        ),
    )
}

/// The name of an upload: `?name=`, else the `X-Filename` header, else `fallback`. Text, never a path.
pub fn name(query: Option<&str>, headers: &HeaderMap, fallback: &str) -> String {
    let filename = filename(headers);
    let given = query.map(str::to_owned).or(filename).unwrap_or_default();
    let clean: String = given.chars().filter(|c| !c.is_control()).take(NAME_LIMIT).collect();
    let trimmed = clean.trim();
    if trimmed.is_empty() {
        fallback.to_owned()
    } else {
        trimmed.to_owned()
    }
}

/// The `X-Filename` header, percent-decoded.
pub fn filename(headers: &HeaderMap) -> Option<String> {
    let raw = headers.get("x-filename")?.to_str().ok()?;
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%')
            .then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = code {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::house;

    #[tokio::test]
    async fn a_client_that_stops_sending_is_let_go() {
        let house = house(None, "").await;
        let drip = futures_util::stream::unfold(0, |i| async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), i + 1))
        });
        let mut arriving = Arriving::begin(house.app(), Body::from_stream(drip), 1 << 20).expect("a place");
        arriving.patience = Duration::from_millis(200);
        let refused = loop {
            match arriving.next().await {
                Ok(chunk) => assert!(chunk.is_some_and(|c| c.as_ref() == b"x"), "the drip has no end"),
                Err(problem) => break problem,
            }
        };
        assert_eq!(refused.status, StatusCode::REQUEST_TIMEOUT);
        assert!((1..10).contains(&arriving.total), "{} drops", arriving.total);
    }

    #[tokio::test]
    async fn uploads_at_once_are_bounded_and_their_places_come_back() {
        let house = house(None, "").await;
        let never = || Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let held: Vec<_> = (0..MOST_AT_ONCE)
            .map(|_| Arriving::begin(house.app(), never(), 1).expect("a place"))
            .collect();
        let refused = in_memory(house.app(), Body::from("x"), 1).await;
        assert_eq!(refused.expect_err("full").status, StatusCode::SERVICE_UNAVAILABLE);
        drop(held);
        assert_eq!(in_memory(house.app(), Body::from("x"), 1).await.expect("free"), b"x");
        let large = in_memory(house.app(), Body::from("xy"), 1).await;
        assert_eq!(large.expect_err("large").status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    fn headers(filename: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-filename", axum::http::HeaderValue::from_static(filename));
        headers
    }

    #[test]
    fn names_are_decoded_trimmed_and_bounded() {
        assert_eq!(name(None, &headers("caf%C3%A9.onnx"), "model"), "café.onnx");
        assert_eq!(name(None, &headers("100%.png"), "model"), "100%.png");
        assert_eq!(name(Some(" \u{7}x "), &headers("y"), "model"), "x");
        assert_eq!(name(Some(""), &HeaderMap::new(), "model"), "model");
        assert_eq!(name(Some(&"a".repeat(999)), &HeaderMap::new(), "m").len(), NAME_LIMIT);
    }
}
