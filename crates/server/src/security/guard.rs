//! The token, the sessions it opens, and the layer that lets nobody past without one of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use glassboard_store::Clock;

use super::host::Hosts;
use crate::problem::Problem;
use crate::state::AppState;

/// The cookie of a logged-in browser.
pub const SESSION_COOKIE: &str = "gb_session";
const LIFETIME_MICROS: i64 = 30 * 24 * 3600 * 1_000_000;
const MAX_SESSIONS: usize = 1000;
const WINDOW_MICROS: i64 = 60 * 1_000_000;
const MAX_FAILURES: usize = 10;

/// Why a login was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is not the token.
    Wrong,
    /// Too many wrong ones in the last minute.
    TooMany,
}

/// Who may come in. Holds hashes only, so that comparing takes the same time for every guess and
/// a dump of memory shows no secret.
pub struct Guard {
    token: Option<blake3::Hash>,
    owner: Option<blake3::Hash>,
    hosts: Option<Hosts>,
    clock: Arc<dyn Clock>,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    sessions: HashMap<[u8; 32], i64>,
    failures: Vec<i64>,
}

impl Guard {
    pub fn new(token: Option<&str>, hosts: Option<Hosts>, clock: Arc<dyn Clock>) -> Self {
        Self {
            token: token.map(|t| blake3::hash(t.as_bytes())),
            owner: None,
            hosts,
            clock,
            inside: Mutex::default(),
        }
    }

    /// Also admits who shows `key`: the owner of the data directory, in which it lies.
    #[must_use]
    pub fn with_owner_key(mut self, key: &str) -> Self {
        self.owner = Some(blake3::hash(key.as_bytes()));
        self
    }

    /// Whether the request shows that it comes from the owner of the data directory.
    pub fn is_owner(&self, headers: &HeaderMap) -> bool {
        let given = bearer(headers).map(|key| blake3::hash(key.as_bytes()));
        self.owner.is_some() && self.owner == given
    }

    pub fn hosts(&self) -> Option<&Hosts> {
        self.hosts.as_ref()
    }

    /// Whether anybody is asked for a token.
    pub fn asks(&self) -> bool {
        self.token.is_some()
    }

    /// Opens a session for the right token; the answer is the cookie's value.
    pub fn log_in(&self, token: &str) -> Result<String, Refused> {
        let now = self.clock.now().0;
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.failures.retain(|at| now - at < WINDOW_MICROS);
        if inside.failures.len() >= MAX_FAILURES {
            return Err(Refused::TooMany);
        }
        if !self.is_token(token) {
            inside.failures.push(now);
            return Err(Refused::Wrong);
        }
        let mut secret = [0u8; 32];
        getrandom::fill(&mut secret).map_err(|_| Refused::TooMany)?;
        let id = blake3::Hash::from_bytes(secret).to_hex().to_string();
        inside.sessions.retain(|_, until| *until > now);
        if inside.sessions.len() >= MAX_SESSIONS
            && let Some(oldest) = inside
                .sessions
                .iter()
                .min_by_key(|(_, until)| **until)
                .map(|(key, _)| *key)
        {
            inside.sessions.remove(&oldest);
        }
        inside
            .sessions
            .insert(*blake3::hash(id.as_bytes()).as_bytes(), now + LIFETIME_MICROS);
        Ok(id)
    }

    /// Ends the session of that cookie.
    pub fn log_out(&self, id: &str) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.sessions.remove(blake3::hash(id.as_bytes()).as_bytes());
    }

    fn is_token(&self, given: &str) -> bool {
        // `blake3::Hash` compares in constant time.
        self.token.is_some_and(|token| token == blake3::hash(given.as_bytes()))
    }

    fn is_session(&self, id: &str) -> bool {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let until = inside.sessions.get(blake3::hash(id.as_bytes()).as_bytes());
        until.is_some_and(|until| *until > self.clock.now().0)
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        !self.asks()
            || bearer(headers).is_some_and(|token| self.is_token(token))
            || self.is_owner(headers)
            || cookie(headers, SESSION_COOKIE).is_some_and(|id| self.is_session(id))
    }
}

/// What stands behind `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::trim)
}

/// The value of the cookie `name`.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

/// The layer around every route: with a token set, only the login page and what it shows are open.
pub async fn require_login(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let path = request
        .uri()
        .path()
        .strip_prefix(app.base())
        .unwrap_or(request.uri().path());
    let open = path == "/login"
        || path
            .strip_prefix("/assets/")
            .is_some_and(|name| app.assets().is_public(name));
    if open || app.guard().admits(request.headers()) {
        return next.run(request).await;
    }
    let page = request.method() == Method::GET
        && !path.starts_with("/api/")
        && request
            .headers()
            .get(header::ACCEPT)
            .is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if page {
        let wanted = request.uri().path_and_query().map_or("/", |p| p.as_str());
        return Redirect::to(&format!("{}?next={}", app.url("/login"), crate::text::encode(wanted))).into_response();
    }
    let mut response = Problem::new(
        StatusCode::UNAUTHORIZED,
        "This server needs its token: send `Authorization: Bearer <token>`, or log in at /login.",
    )
    .into_response();
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
