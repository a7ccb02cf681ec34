//! `Server-Timing`: what an answer cost here, in the browser's own tools and in `./x bench`.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// Milliseconds from the request's head to the answer's (of an answer that is not streamed, to its last byte).
pub async fn add(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let mut response = next.run(request).await;
    let milliseconds = began.elapsed().as_secs_f64() * 1e3;
    if let Ok(value) = HeaderValue::try_from(format!("total;dur={milliseconds:.2}")) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("server-timing"), value);
    }
    response
}
