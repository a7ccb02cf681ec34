//! `/data/...`: TensorBoard's HTTP API, for the clients it has. What is answered is in `glassboard-tensorboard`;
//! `router.rs` names each address.

mod request;

use std::future::Future;
use std::pin::Pin;

use axum::RequestExt as _;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use glassboard_tensorboard::plugins::{Asked, Reply};
use glassboard_tensorboard::{Provider, ReadError, Scope};

use crate::problem::{Answer, Problem};
use crate::security::headers::OwnPolicy;
use crate::state::AppState;

/// An answer, sooner or later.
type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The handler of an address: reads the request, finds the experiments it speaks of, and asks `answer`.
pub fn ask<F, Fut>(answer: F) -> impl Fn(State<AppState>, Request) -> Answering + Clone + Send + Sync + 'static
where
    F: Fn(Provider, Scope, Asked) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, ReadError>> + Send + 'static,
{
    move |State(app), mut request| {
        Box::pin(async move {
            let parameters = request.extract_parts::<RawPathParams>().await;
            let parameters = parameters.map_err(|error| Problem::bad_request(error.body_text()))?;
            let named = parameters.iter().find(|(name, _)| *name == "exp");
            let experiment = named.map_or(String::new(), |(_, slug)| slug.to_owned());
            let asked = request::asked(request).await?;
            let provider = app.tensorboard().clone();
            let scope = provider.scope(&experiment).await?;
            respond(answer(provider, scope, asked).await?).await
        })
    }
}

async fn respond(reply: Reply) -> Answer {
    let (kind, bytes) = match reply {
        Reply::Json(value) => {
            let written = tokio::task::spawn_blocking(move || serde_json::to_vec(&value));
            let bytes = written.await.map_err(Problem::internal)?.map_err(Problem::internal)?;
            ("application/json", bytes)
        }
        Reply::Bytes(kind, bytes) => (kind, bytes),
    };
    let mut response = bytes.into_response();
    let mut put = |name: HeaderName, value: &'static str| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    put(header::CONTENT_TYPE, kind);
    if kind != "application/json" {
        // Somebody's bytes: opened on their own they download, and could do nothing if they did not.
        put(header::CONTENT_DISPOSITION, "attachment");
        if let Some(policy) = OwnPolicy::sandbox() {
            response.extensions_mut().insert(policy);
        }
    }
    Ok(response)
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound(sentence) => Self::not_found(sentence),
            ReadError::Invalid(sentence) => Self::bad_request(sentence),
            ReadError::Store(error) => Self::from(error),
            other => Self::internal(other),
        }
    }
}
