//! The one shape of an error, and the one place where errors become answers.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use glassboard_store::StoreError;
use serde_json::{Value, json};

/// What a handler answers instead of data. `detail` is one sentence: what, where, what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub detail: String,
    /// What a program needs to go on, beside the sentence (RFC 9457's extension members).
    pub more: Vec<(&'static str, Value)>,
}

/// What a handler answers.
pub type Answer<T = Response> = Result<T, Problem>;

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            more: Vec::new(),
        }
    }

    /// The same with a member more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more.push((name, value));
        self
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Ours: the cause goes to the log, the reader learns only that it is there.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(cause = %cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something failed inside the server; its log says what. Try again, and report it if it stays.",
        )
    }

    /// The words for the status.
    pub fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::not_found(capital(&error.to_string())),
            StoreError::TooMuch(_) => Self::bad_request(capital(&error.to_string())),
            StoreError::Conflict(_) => Self::conflict(capital(&error.to_string())),
            StoreError::Database(_) | StoreError::Io { .. } => {
                tracing::error!(%error, "the store did not answer");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The store did not answer: the disk may be full or busy. Try again in a moment; the log says more.",
                )
            }
            other => Self::internal(other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.title(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        for (name, value) in &self.more {
            body[name] = value.clone();
        }
        let mut response = (self.status, Json(body)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        // The edge that turns problems into pages finds the problem here.
        response.extensions_mut().insert(self);
        response
    }
}

/// A sentence with its first letter raised.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let raised = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>());
    raised.map_or_else(String::new, |s| if s.ends_with('.') { s } else { s + "." })
}
