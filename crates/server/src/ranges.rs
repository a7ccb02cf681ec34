//! Bytes of which a reader may ask for a stretch, and which it need not fetch twice.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use headers::{AcceptRanges, ContentRange, ETag, HeaderMapExt, IfNoneMatch, IfRange, Range};

use crate::format;

/// Bytes as somebody logged them: whole, or one stretch of them where `Range` asks for one. Several
/// stretches in one request are answered whole, as the standard allows.
pub fn somebodys_bytes(asked: &HeaderMap, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let size = bytes.len() as u64;
    let tag = etag(&bytes);
    if let (Some(tag), Some(known)) = (&tag, asked.typed_get::<IfNoneMatch>())
        && !known.precondition_passes(tag)
    {
        return with_tag(StatusCode::NOT_MODIFIED.into_response(), Some(tag.clone()));
    }
    // A stretch of something else would not fit what the reader has.
    let same = asked
        .typed_get::<IfRange>()
        .is_none_or(|known| !known.is_modified(tag.as_ref(), None));
    let stretch = asked
        .typed_get::<Range>()
        .filter(|_| same)
        .map(|range| one(&range, size));
    let response = match stretch {
        None | Some(Stretch::Whole) => format::somebodys_bytes(media_type, bytes),
        Some(Stretch::Part(from, to)) => {
            let part = bytes[from as usize..to as usize].to_vec();
            let mut response = format::somebodys_bytes(media_type, part);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            if let Ok(range) = ContentRange::bytes(from..to, size) {
                response.headers_mut().typed_insert(range);
            }
            response
        }
        Some(Stretch::Nothing) => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            response
                .headers_mut()
                .typed_insert(ContentRange::unsatisfied_bytes(size));
            response
        }
    };
    with_tag(response, tag)
}

/// What one request asks for: bytes from the first, up to and without the second.
enum Stretch {
    Whole,
    Part(u64, u64),
    Nothing,
}

fn one(range: &Range, size: u64) -> Stretch {
    let mut stretches = range.satisfiable_ranges(size);
    let (first, more) = (stretches.next(), stretches.next());
    let (Some((from, to)), None) = (first, more) else {
        return if more.is_some() {
            Stretch::Whole
        } else {
            Stretch::Nothing
        };
    };
    use std::ops::Bound;
    let from = match from {
        Bound::Included(at) => at,
        Bound::Excluded(at) => at.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let to = match to {
        Bound::Included(at) => at.saturating_add(1),
        Bound::Excluded(at) => at,
        Bound::Unbounded => size,
    };
    if from < to.min(size) {
        Stretch::Part(from, to.min(size))
    } else {
        Stretch::Nothing
    }
}

fn etag(bytes: &[u8]) -> Option<ETag> {
    format!("\"{}\"", &blake3::hash(bytes).to_hex()[..32]).parse().ok()
}

fn with_tag(mut response: Response, tag: Option<ETag>) -> Response {
    let headers = response.headers_mut();
    headers.typed_insert(AcceptRanges::bytes());
    if let Some(tag) = tag {
        headers.typed_insert(tag);
    }
    headers
        .entry(axum::http::header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, max-age=31536000, immutable"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&'static str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut asked = HeaderMap::new();
        for (name, value) in pairs {
            asked.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let response = somebodys_bytes(&asked, "audio/wav", (0..100).collect());
        let (parts, body) = response.into_parts();
        let bytes = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(axum::body::to_bytes(body, 1000))
            .unwrap();
        (parts.status, parts.headers, bytes.to_vec())
    }

    #[test]
    fn stretches() {
        let said = |headers: &HeaderMap| headers["content-range"].to_str().unwrap().to_owned();
        let (status, headers, body) = ask(&[]);
        assert_eq!((status.as_u16(), body.len()), (200, 100));
        assert_eq!(headers["accept-ranges"], "bytes");
        for (range, from, to) in [
            ("bytes=0-", 0, 99),
            ("bytes=10-19", 10, 19),
            ("bytes=-5", 95, 99),
            ("bytes=90-900", 90, 99),
        ] {
            let (status, headers, body) = ask(&[("range", range)]);
            assert_eq!(status.as_u16(), 206, "{range}");
            assert_eq!(said(&headers), format!("bytes {from}-{to}/100"));
            assert_eq!(body, (from..=to).collect::<Vec<u8>>());
        }
        for range in ["bytes=100-", "bytes=200-300", "bytes=-0", "bytes=x"] {
            let (status, headers, body) = ask(&[("range", range)]);
            assert_eq!((status.as_u16(), body.len()), (416, 0), "{range}");
            assert_eq!(said(&headers), "bytes */100");
        }
        for range in ["bytes=0-1,5-6", "lines=1-2"] {
            let (status, _, body) = ask(&[("range", range)]);
            assert_eq!((status.as_u16(), body.len()), (200, 100), "{range}");
        }
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let (_, headers, _) = ask(&[]);
        let tag = headers["etag"].to_str().unwrap();
        assert_eq!(ask(&[("if-none-match", tag)]).0.as_u16(), 304);
        assert_eq!(ask(&[("if-none-match", "\"other\"")]).0.as_u16(), 200);
        assert_eq!(ask(&[("range", "bytes=0-3"), ("if-range", tag)]).0.as_u16(), 206);
        assert_eq!(
            ask(&[("range", "bytes=0-3"), ("if-range", "\"other\"")]).0.as_u16(),
            200
        );
    }
}
