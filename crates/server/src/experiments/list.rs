//! `GET /experiments`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_ingest::Progress;
use glassboard_store::logs::ExperimentSummary;
use serde::Serialize;
use serde_json::json;

use crate::problem::Answer;
use crate::state::AppState;

/// An experiment, and how far its log folder is imported while that goes on.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    summary: ExperimentSummary,
    import: Option<Progress>,
}

impl Shown {
    /// As it is now.
    pub fn of(app: &AppState, summary: ExperimentSummary) -> Self {
        Self {
            import: app.imports().of(&summary.slug),
            summary,
        }
    }
}

pub async fn list(State(app): State<AppState>) -> Answer {
    let experiments = app.store().experiments(&app.actor()).await?;
    let experiments: Vec<Shown> = experiments
        .into_iter()
        .map(|summary| Shown::of(&app, summary))
        .collect();
    Ok(axum::Json(json!({ "experiments": experiments })).into_response())
}
