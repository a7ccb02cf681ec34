//! Saved views: an address too long to be sent, kept and given a short one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use glassboard_store::SavedView;
use serde::Deserialize;
use serde_json::json;

use crate::extract::{Json, Path};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    path: String,
    #[serde(default)]
    query: String,
}

/// `POST /views`: keeps a view, or finds it.
pub async fn save(State(app): State<AppState>, Json(asked): Json<Asked>) -> Answer {
    let Asked { path, query } = asked;
    let query = query.trim_start_matches('?').to_owned();
    // A redirect to it must stay on this server, and be one line.
    let plain = |text: &str| {
        text.bytes()
            .all(|b| (0x21..0x7f).contains(&b) && b != b'\\' && b != b'#')
    };
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('?');
    if !ours || path.starts_with("/s/") || path.starts_with("/api/") || !plain(&path) || !plain(&query) {
        return Err(Problem::bad_request(
            "`path` is the path of a page of this server, without its prefix, and `query` what stands after `?`, both percent-encoded.",
        ));
    }
    let hash = app.store().save_view(&app.actor(), &SavedView { path, query }).await?;
    let body = json!({ "hash": hash, "path": format!("/s/{hash}") });
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

/// `GET /s/{hash}`: to the page.
pub async fn open(State(app): State<AppState>, Path(hash): Path<String>) -> Answer {
    let SavedView { path, query } = app.store().saved_view(&app.actor(), &hash).await?;
    let tail = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    Ok(Redirect::to(&app.url(&format!("{path}{tail}"))).into_response())
}
