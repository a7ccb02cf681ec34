//! The strict headers, on every response: pages, API, assets, errors and panics alike.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// The whole policy. Scripts, styles and connections are ours alone; nothing is inline.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Nothing goes to other sites. Not `no-referrer`: under it a form of ours is posted with
    // `Origin: null`, which `origin::check` must refuse.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub async fn add(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        // Bytes from a blob carry a tighter policy of their own (`sandbox`); it starts with ours.
        let keep = name == header::CONTENT_SECURITY_POLICY
            && headers
                .get(&name)
                .is_some_and(|own| own.as_bytes().starts_with(value.as_bytes()));
        if !keep {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    // Unless a handler knows better, nothing personal stays in a cache.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
