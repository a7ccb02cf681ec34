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

/// A handler's own policy, as an extension of its response, where [`CONTENT_SECURITY_POLICY`] does not fit what it sends.
#[derive(Debug, Clone)]
pub struct OwnPolicy(HeaderValue);

impl OwnPolicy {
    /// Of a document that stands alone: `policy` begins by forbidding everything. Else none, and ours holds.
    pub fn new(policy: &str) -> Option<Self> {
        policy
            .starts_with("default-src 'none';")
            .then(|| HeaderValue::from_str(policy).ok().map(Self))?
    }

    /// Of bytes that somebody gave us: ours, in a sandbox.
    pub fn sandbox() -> Option<Self> {
        Self::new(&format!("{CONTENT_SECURITY_POLICY}; sandbox"))
    }
}

pub async fn add(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let own = response.extensions_mut().remove::<OwnPolicy>();
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(OwnPolicy(policy)) = own {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // Unless a handler knows better, nothing personal stays in a cache.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
