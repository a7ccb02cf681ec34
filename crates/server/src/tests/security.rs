//! The threats of `SECURITY.md`, each as a request.

use axum::body::Body;
use axum::http::{StatusCode, header};

use super::{ask, house};
use crate::security::headers::CONTENT_SECURITY_POLICY;

const TOKEN: &str = "a-secret-of-32-characters-at-least";

/// Every path and method of `router.rs`, read from the file itself: a route that is added is walked.
fn routes() -> Vec<(String, Vec<&'static str>)> {
    let source = include_str!("../router.rs");
    let mut routes = Vec::new();
    let mut prefix = "";
    let mut rest = source;
    while let Some(at) = rest.find(".route(") {
        if rest[..at].contains("fn api()") {
            prefix = "/api/v1";
        } else if rest[..at].contains("fn tensorboard()") {
            prefix = "/data";
        } else if rest[..at].contains("fn pages()") {
            prefix = "";
        }
        rest = &rest[at + ".route(".len()..];
        let path = rest.split('"').nth(1).expect("a path");
        let end = rest.find(".route(").unwrap_or(rest.len());
        let call = &rest[..end];
        let methods = [
            ("get(", "GET"),
            ("post(", "POST"),
            ("put(", "PUT"),
            ("delete(", "DELETE"),
        ]
        .into_iter()
        .filter(|(word, _)| call.contains(&format!(" {word}")) || call.contains(&format!(".{word}")))
        .map(|(_, method)| method)
        .collect();
        routes.push((
            format!("{prefix}{}", path.replace(['{', '}'], "").replace("//", "/")),
            methods,
        ));
    }
    routes
}

#[tokio::test]
async fn with_a_token_every_route_refuses_whoever_has_none() {
    let house = house(Some(TOKEN), "").await;
    let routes = routes();
    assert!(routes.len() >= 20, "the walk found {} routes only", routes.len());
    for (path, methods) in routes {
        assert!(!methods.is_empty(), "no method read for {path}");
        if path == "/login" {
            continue;
        }
        for method in methods {
            let got = house
                .send(ask(method, &path).body(Body::empty()).expect("a request"))
                .await;
            assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(
                got.headers[header::CONTENT_TYPE],
                "application/problem+json",
                "{method} {path}"
            );
        }
    }
    let elsewhere = house.get("/nothing/here").await;
    assert_eq!(elsewhere.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_token_opens_by_bearer_and_by_login() {
    let house = house(Some(TOKEN), "").await;
    let bearer = |token: &str| {
        let request = ask("GET", "/api/v1/experiments").header(header::AUTHORIZATION, format!("Bearer {token}"));
        request.body(Body::empty()).expect("a request")
    };
    assert_eq!(house.send(bearer(TOKEN)).await.status, StatusCode::OK);
    assert_eq!(
        house.send(bearer("a-secret-of-32-characters-at-most")).await.status,
        StatusCode::UNAUTHORIZED
    );

    let form = |token: &str| {
        ask("POST", "/login")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("token={token}&next=%2Fruns")))
            .expect("a request")
    };
    assert_eq!(house.send(form("wrong")).await.status, StatusCode::UNAUTHORIZED);
    let entered = house.send(form(TOKEN)).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    assert_eq!(entered.headers[header::LOCATION], "/runs");
    let cookie = entered.headers[header::SET_COOKIE].to_str().expect("text").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let session = cookie.split(';').next().expect("a pair").to_owned();
    let with = |path: &str, method: &str| {
        ask(method, path)
            .header(header::COOKIE, &session)
            .body(Body::empty())
            .expect("a request")
    };
    assert_eq!(house.send(with("/runs", "GET")).await.status, StatusCode::OK);
    house.send(with("/logout", "POST")).await;
    assert_eq!(
        house.send(with("/api/v1/experiments", "GET")).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let house = house(Some(TOKEN), "").await;
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        let request = ask("POST", "/login")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("token=guess"))
            .expect("a request");
        last = house.send(request).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn every_answer_has_the_strict_headers() {
    let house = house(None, "").await;
    for path in [
        "/",
        "/runs",
        "/nothing",
        "/api/v1/experiments",
        "/api/v1/nothing",
        "/assets/favicon.svg",
        "/help/shortcuts",
    ] {
        let got = house.get(path).await;
        assert_eq!(
            got.headers[header::CONTENT_SECURITY_POLICY],
            CONTENT_SECURITY_POLICY,
            "{path}"
        );
        assert_eq!(got.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(got.headers["cross-origin-opener-policy"], "same-origin", "{path}");
        assert_eq!(got.headers["cross-origin-resource-policy"], "same-origin", "{path}");
        assert_eq!(got.headers[header::REFERRER_POLICY], "same-origin", "{path}");
        assert!(!got.body.contains(" style=\""), "an inline style in {path}");
        assert!(
            !got.body.contains(" onclick=") && !got.body.contains("<script>"),
            "an inline script in {path}"
        );
    }
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_misdirected() {
    let house = house(None, "").await;
    for host in ["evil.example", "evil.example:6006", "127.0.0.1.nip.io:6006"] {
        let request = axum::http::Request::get("/api/v1/experiments").header(header::HOST, host);
        let got = house.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(got.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    let nobody = axum::http::Request::get("/").body(Body::empty()).expect("a request");
    assert_eq!(house.send(nobody).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn another_site_cannot_change_anything() {
    let house = house(None, "").await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = ask("DELETE", "/api/v1/experiments/a/runs/b").header(name, value);
        let got = house.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let own = ask("DELETE", "/api/v1/experiments/a/runs/b").header("origin", "http://127.0.0.1:6006");
    let got = house.send(own.body(Body::empty()).expect("a request")).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND, "{}", got.body);
}

#[tokio::test]
async fn an_address_is_no_path() {
    let house = house(None, "").await;
    for path in [
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/manifest.json",
        "/assets/..%5c..%5cCargo.toml",
        "/assets/%2fetc%2fpasswd",
        "/assets/manifest.json%00",
        "/api/v1/images/..%2f..%2fglassboard.db",
        "/api/v1/experiments/..%2f..%2fetc/runs/passwd",
    ] {
        let got = house.get(path).await;
        assert!(
            got.status == StatusCode::NOT_FOUND || got.status == StatusCode::BAD_REQUEST,
            "{path}: {}",
            got.status
        );
        assert!(!got.body.contains("[package]") && !got.body.contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn errors_are_problems_for_programs_and_pages_for_people() {
    let house = house(None, "").await;
    let program = house.get("/api/v1/experiments/none/runs").await;
    assert_eq!(program.status, StatusCode::NOT_FOUND);
    assert_eq!(program.headers[header::CONTENT_TYPE], "application/problem+json");
    let person = ask("GET", "/runs/none/scalars")
        .header(header::ACCEPT, "text/html,*/*")
        .body(Body::empty());
    let person = house.send(person.expect("a request")).await;
    assert_eq!(person.status, StatusCode::NOT_FOUND);
    assert_eq!(person.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(person.body.contains("<h1>Not found</h1>"), "{}", person.body);
}

#[tokio::test]
async fn a_prefix_is_in_every_address() {
    let house = house(None, "/tools/gb").await;
    let page = house.get("/tools/gb/runs").await;
    assert_eq!(page.status, StatusCode::OK);
    for attribute in ["href=\"/", "src=\"/", "action=\"/"] {
        for found in page.body.split(attribute).skip(1) {
            assert!(
                found.starts_with("tools/gb/"),
                "{attribute}{}",
                found.split('"').next().unwrap_or_default()
            );
        }
    }
    assert_eq!(house.get("/runs").await.status, StatusCode::NOT_FOUND);
}
