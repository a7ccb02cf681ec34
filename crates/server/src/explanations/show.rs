//! `GET /explanations/{id}`: kept or in memory.

use axum::extract::State;
use axum::response::IntoResponse;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(id): Path<String>) -> Answer {
    if let Some(passing) = app.work().passing(&id) {
        return Ok(axum::Json(passing.whole()).into_response());
    }
    let answer = app.store().answer(app.actor(), &id).await?;
    let mut whole = super::whole(&answer)?;
    if let Ok(detail) = app.store().model(app.actor(), &answer.model).await {
        let preprocess = detail.model.preprocess.as_deref();
        whole["parity"] = crate::models::parity::of(&app, answer.checkpoint_id, preprocess).await?;
    }
    if let Some(partial) = answer.job_id.as_deref().and_then(|job| app.work().partial(job)) {
        whole["partial"] = partial.answer.result.clone();
    }
    Ok(axum::Json(whole).into_response())
}
