//! Bytes on their way in: hashed as they arrive, bounded, on disk before anything is acknowledged.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use glassboard_store::{Blob, BlobWriter};

use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most bytes of a model file.
pub const MODEL_LIMIT: u64 = 8 << 30;
/// Most bytes of an input file.
pub const INPUT_LIMIT: u64 = 64 << 20;
/// What is gathered before a blocking write.
const STEP: usize = 1 << 20;
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
    let mut writer = app.store().new_blob(limit)?;
    let mut stream = body.into_data_stream();
    let mut pending = BytesMut::new();
    let mut total = 0u64;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::bad_request(format!(
                "The upload was cut off ({error}); nothing was stored. Send it again."
            ))
        })?;
        total += chunk.len() as u64;
        if total > limit {
            return Err(too_large(limit));
        }
        pending.extend_from_slice(&chunk);
        if pending.len() >= STEP {
            writer = write(writer, pending.split()).await?;
        }
    }
    if announced.is_some_and(|bytes| bytes != total) {
        return Err(Problem::bad_request(
            "The upload was cut off before its end; nothing was stored. Send it again.",
        ));
    }
    if total == 0 {
        return Err(Problem::bad_request(
            "The body is empty: send the file's bytes as the body of the PUT.",
        ));
    }
    writer = write(writer, pending).await?;
    Ok(app.store().finish_blob(writer, media_type).await?)
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
