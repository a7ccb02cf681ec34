//! A request in TensorBoard's manner: names may repeat, forms come in two encodings, JSON under any media type.

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Query, Request};
use axum::http::header;
use glassboard_tensorboard::plugins::Asked;

use crate::problem::Problem;

/// Fields of one form.
const MAX_FIELDS: usize = 10_000;

/// What it asks.
pub async fn asked(request: Request) -> Result<Asked, Problem> {
    let Query(query) = Query::try_from_uri(request.uri())
        .map_err(|error| Problem::bad_request(format!("The query is not understood: {}.", error.body_text())))?;
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let mut asked = Asked {
        query,
        ..Asked::default()
    };
    if kind.starts_with("multipart/form-data") {
        asked.form = multipart(request).await?;
        return Ok(asked);
    }
    let body = Bytes::from_request(request, &()).await.map_err(|error| {
        Problem::new(
            error.status(),
            format!("The body is not understood: {}.", error.body_text()),
        )
    })?;
    if kind.starts_with("application/x-www-form-urlencoded") {
        let pairs = format!("/?{}", String::from_utf8_lossy(&body));
        let form = pairs
            .parse()
            .ok()
            .and_then(|address| Query::try_from_uri(&address).ok());
        asked.form = form.map(|Query(form)| form).unwrap_or_default();
    }
    asked.body = body.to_vec();
    Ok(asked)
}

async fn multipart(request: Request) -> Result<Vec<(String, String)>, Problem> {
    let refused = |text: String| Problem::bad_request(format!("The form is not understood: {text}."));
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| refused(error.body_text()))?;
    let mut form = Vec::new();
    while let Some(field) = parts.next_field().await.map_err(|error| refused(error.body_text()))? {
        if form.len() == MAX_FIELDS {
            return Err(refused("it has more than 10 000 fields".to_owned()));
        }
        let name = field.name().unwrap_or_default().to_owned();
        form.push((name, field.text().await.map_err(|error| refused(error.body_text()))?));
    }
    Ok(form)
}
