//! `DELETE /experiments/{exp}/runs/{run}`, and the page's form that does the same.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text::encode;

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// `1`: forget that it was deleted, so that its files are read again.
    forget: Option<String>,
}

pub async fn delete(
    State(app): State<AppState>,
    Path((experiment, run)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    app.store()
        .delete_run(&app.actor(), &experiment, &run, asked.forget.as_deref() == Some("1"))
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn submit(State(app): State<AppState>, Path((experiment, run)): Path<(String, String)>) -> Answer {
    app.store().delete_run(&app.actor(), &experiment, &run, false).await?;
    Ok(Redirect::to(&app.url(&format!("/runs/{}/scalars", encode(&experiment)))).into_response())
}
