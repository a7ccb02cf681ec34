//! A page of another site may make a browser post to us (CSRF): unsafe methods need our own origin.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

pub async fn check(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // A Bearer token is never sent by a browser on its own, so no other site can borrow it.
    let bearer = request
        .headers()
        .get(header::AUTHORIZATION)
        .is_some_and(|v| v.as_bytes().starts_with(b"Bearer "));
    if safe || bearer || same_origin(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::FORBIDDEN,
        "The request came from another site; changes are made from this server's own pages or with a Bearer token.",
    )
    .into_response()
}

/// Browsers send both headers and pages cannot change them. A client that sends neither is no
/// browser, and so carries nobody's cookies by accident.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match text("origin") {
        None => true,
        Some(origin) => {
            let host = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"));
            host.is_some() && host == text("host")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (k.parse().expect("a name"), v.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn another_site_is_told_apart() {
        let host = ("host", "localhost:6006");
        assert!(same_origin(&with(&[host])));
        assert!(same_origin(&with(&[
            host,
            ("origin", "http://localhost:6006"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(!same_origin(&with(&[host, ("origin", "http://evil.example")])));
        assert!(!same_origin(&with(&[host, ("origin", "null")])));
        assert!(!same_origin(&with(&[host, ("origin", "http://localhost:8888")])));
        assert!(!same_origin(&with(&[host, ("sec-fetch-site", "cross-site")])));
        assert!(!same_origin(&with(&[host, ("sec-fetch-site", "same-site")])));
    }
}
