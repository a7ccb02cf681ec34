//! `DELETE /experiments/{exp}/runs/{run}` and `POST .../restore`, and the page's forms that do the same.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use glassboard_store::logs::Deletion;
use serde::Deserialize;
use serde_json::json;

use crate::extract::{Path, Query};
use crate::problem::Answer;
use crate::state::AppState;
use crate::text::encode;

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// `1`: no way back.
    now: Option<String>,
    /// `1`: forget that it was deleted, so that its files are read again.
    forget: Option<String>,
}

pub async fn delete(
    State(app): State<AppState>,
    Path((experiment, run)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let how = match (asked.now.as_deref(), asked.forget.as_deref()) {
        (_, Some("1")) => Deletion::Forget,
        (Some("1"), _) => Deletion::Now,
        _ => Deletion::Later,
    };
    app.store().delete_run(&app.actor(), &experiment, &run, how).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn restore(State(app): State<AppState>, Path((experiment, run)): Path<(String, String)>) -> Answer {
    app.store().restore_run(&app.actor(), &experiment, &run).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /experiments/{exp}/deleted`.
pub async fn deleted(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    let runs = app.store().deleted(&app.actor(), &experiment).await?;
    Ok(axum::Json(json!({ "runs": runs })).into_response())
}

pub async fn submit(State(app): State<AppState>, Path((experiment, run)): Path<(String, String)>) -> Answer {
    let store = app.store();
    store
        .delete_run(&app.actor(), &experiment, &run, Deletion::Later)
        .await?;
    Ok(to_deleted(&app, &experiment))
}

/// What a row of *Recently deleted* can do.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Restore,
    Now,
    ReadAgain,
}

pub async fn submit_way(
    State(app): State<AppState>,
    Path((experiment, run, way)): Path<(String, String, Way)>,
) -> Answer {
    let (store, actor) = (app.store(), app.actor());
    match way {
        Way::Restore => store.restore_run(&actor, &experiment, &run).await?,
        Way::Now => store.delete_run(&actor, &experiment, &run, Deletion::Now).await?,
        Way::ReadAgain => store.delete_run(&actor, &experiment, &run, Deletion::Forget).await?,
    }
    Ok(to_deleted(&app, &experiment))
}

fn to_deleted(app: &AppState, experiment: &str) -> axum::response::Response {
    Redirect::to(&app.url(&format!("/runs/{}/table#deleted", encode(experiment)))).into_response()
}
