//! `POST /experiments/{exp}/runs/actions`: one thing done to many runs.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::Deletion;
use serde::Deserialize;
use serde_json::json;

use super::edit::Change;
use crate::extract::{Json, Path};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most runs of one request.
const MOST: usize = 20_000;

/// What is done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// What `change` says.
    Edit,
    /// With a way back.
    Delete,
    /// The way back.
    Restore,
    /// Without one.
    DeleteNow,
    /// Forget that they were deleted.
    ReadAgain,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    action: Action,
    runs: Vec<String>,
    #[serde(default)]
    change: Change,
}

pub async fn act(State(app): State<AppState>, Path(experiment): Path<String>, Json(asked): Json<Asked>) -> Answer {
    let Asked { action, runs, change } = asked;
    if runs.is_empty() || runs.len() > MOST {
        return Err(Problem::bad_request(format!("`runs` names 1 to {MOST} runs.")));
    }
    let (store, actor) = (app.store(), app.actor());
    let how = match action {
        Action::Edit => {
            store.edit_runs(&actor, &experiment, &runs, change.edit()?).await?;
            return Ok(axum::Json(json!({ "runs": runs.len() })).into_response());
        }
        Action::Restore => None,
        Action::Delete => Some(Deletion::Later),
        Action::DeleteNow => Some(Deletion::Now),
        Action::ReadAgain => Some(Deletion::Forget),
    };
    for run in &runs {
        match how {
            Some(how) => store.delete_run(&actor, &experiment, run, how).await?,
            None => store.restore_run(&actor, &experiment, run).await?,
        }
    }
    Ok(axum::Json(json!({ "runs": runs.len() })).into_response())
}
