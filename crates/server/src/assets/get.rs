//! `GET /assets/{name}`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::extract::Path;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

pub async fn get(State(app): State<AppState>, Path(name): Path<String>, headers: HeaderMap) -> Answer {
    let asset = app
        .assets()
        .file(&name)
        .ok_or_else(|| Problem::not_found("There is no such asset."))?;
    let takes_brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|coding| coding.split(';').next().is_some_and(|c| c.trim() == "br"))
        });
    let mut response: Response = if asset.packed && takes_brotli {
        ([(header::CONTENT_ENCODING, "br")], asset.bytes.clone()).into_response()
    } else {
        asset.unpacked().map_err(Problem::internal)?.into_response()
    };
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&asset.media_type).map_err(Problem::internal)?;
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let keep = if asset.hashed {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=3600"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    Ok(response)
}
