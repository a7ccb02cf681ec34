//! Axum's extractors with our errors: a bad query or body is a problem object with a sentence.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The query string as `T`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| Problem::bad_request(format!("The query is not understood: {}.", error.body_text())))
    }
}

/// Path parameters as `T`.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|error| Problem::bad_request(format!("The address is not understood: {}.", error.body_text())))
    }
}

/// A JSON body; anything that is not sent as `application/json` is refused, so that a plain HTML
/// form of another site cannot post one.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        axum::Json::from_request(request, state)
            .await
            .map(|axum::Json(value)| Self(value))
            .map_err(|error| {
                let status = error.status();
                let detail = if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
                    "The body must be JSON, sent with `Content-Type: application/json`.".to_owned()
                } else {
                    format!("The body is not understood: {}.", error.body_text())
                };
                Problem::new(status, detail)
            })
    }
}
