//! `GET /experiments/{exp}/runs/{run}`.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path((experiment, run)): Path<(String, String)>) -> Answer {
    let run = app.store().run(&app.actor(), &experiment, &run).await?;
    Ok(axum::Json(run).into_response())
}
