//! A page of another site may name us by a host name it controls (DNS rebinding): only our own
//! names are answered.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::state::AppState;

/// The names this server answers to.
#[derive(Debug, Clone)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Loopback names, and the address listened on. An unspecified address (`0.0.0.0`) is reached
    /// under names we cannot know; the token guards it instead.
    pub fn of(listen: SocketAddr) -> Option<Self> {
        if listen.ip().is_unspecified() {
            return None;
        }
        let own = if listen.is_ipv6() {
            format!("[{}]", listen.ip())
        } else {
            listen.ip().to_string()
        };
        Some(Self(vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "[::1]".to_owned(),
            own,
        ]))
    }

    fn has(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        self.0.iter().any(|ours| ours.eq_ignore_ascii_case(name))
    }
}

pub async fn check(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let Some(hosts) = app.guard().hosts() else {
        return next.run(request).await;
    };
    let named = request
        .headers()
        .get(header::HOST)
        .and_then(|value| value.to_str().ok());
    let mut all = request.headers().get_all(header::HOST).iter();
    all.next();
    if all.next().is_none() && named.is_some_and(|host| hosts.has(host)) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "This server answers to localhost and to the address it listens on; open it by one of those.",
    )
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_ours() {
        let hosts = Hosts::of("192.168.1.5:6006".parse().expect("an address")).expect("a name");
        for ours in [
            "localhost",
            "LOCALHOST:6006",
            "127.0.0.1:80",
            "[::1]:6006",
            "[::1]",
            "192.168.1.5:6006",
        ] {
            assert!(hosts.has(ours), "{ours}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example:6006",
            "127.0.0.1.nip.io",
            "",
            ":6006",
            "::1",
            "localhost:x",
        ] {
            assert!(!hosts.has(other), "{other}");
        }
    }
}
