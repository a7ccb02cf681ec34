//! `DELETE /models/{m}`, and the same from the page's form.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::json;

use crate::extract::Path;
use crate::live::Topic;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn delete(State(app): State<AppState>, Path(model): Path<String>) -> Answer {
    remove(&app, &model).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn delete_from_page(State(app): State<AppState>, Path(model): Path<String>) -> Answer {
    remove(&app, &model).await?;
    Ok(Redirect::to(&app.url("/models")).into_response())
}

async fn remove(app: &AppState, model: &str) -> Answer<()> {
    app.store().delete_model(app.actor(), model).await?;
    app.hub()
        .send(Topic::Models, "model", &json!({ "model": model, "deleted": true }));
    Ok(())
}
