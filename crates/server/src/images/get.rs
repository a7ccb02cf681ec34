//! `GET /images/{id}`: the bytes as logged. Never decoded here: the browser does, in its sandbox.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::security::headers::CONTENT_SECURITY_POLICY;
use crate::state::AppState;

pub async fn get(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    let image = app.store().image(&app.actor(), &id).await?;
    let mut response = image.bytes.into_response();
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    put(header::CONTENT_TYPE, image.media_type);
    put(header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    // Somebody's bytes: opened on their own they download, and could do nothing if they did not.
    put(header::CONTENT_DISPOSITION, "attachment");
    if let Ok(policy) = HeaderValue::from_str(&format!("{CONTENT_SECURITY_POLICY}; sandbox")) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}
