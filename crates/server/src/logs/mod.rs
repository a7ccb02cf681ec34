//! Logs that come in over HTTP: values as JSON lines, and event files piece by piece.

mod files;
mod receive;
mod write;

use glassboard_ingest::IngestError;
use glassboard_store::logs::{Appended, ExperimentId};
use serde_json::json;

pub use files::files;
pub use receive::receive;
pub use write::write;

use crate::live::Topic;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most characters of the names that come in.
const NAME_LIMIT: usize = 1000;

/// The experiment of this id, or of this name; made if there is none.
async fn experiment(app: &AppState, name: &str) -> Answer<(ExperimentId, String)> {
    named("experiment", name)?;
    match app.store().find_experiment(&app.actor(), name).await? {
        Some(known) => Ok(known),
        None => Ok(app.store().open_experiment(&app.actor(), name, None).await?),
    }
}

fn named(what: &str, name: &str) -> Result<(), Problem> {
    if name.trim().is_empty() || name.len() > NAME_LIMIT || name.contains(char::is_control) {
        return Err(Problem::bad_request(format!(
            "The {what} needs a name of 1 to {NAME_LIMIT} characters, none of them a control character."
        )));
    }
    Ok(())
}

/// Tells open pages.
fn announce(app: &AppState, experiment: &str, appended: &Appended) {
    if appended.points > 0 {
        let event = json!({ "experiment": experiment, "runs": appended.runs, "tags": appended.tags });
        app.hub().send(Topic::Logs, "points", &event);
    }
}

/// What a sender did wrong is said to it; where it goes on is a number of its own.
pub fn refused(error: IngestError) -> Problem {
    match error {
        IngestError::Store(error) => error.into(),
        IngestError::Ended(_) => Problem::internal(error.to_string()),
        IngestError::Gap { next, .. } => Problem::conflict(sentence(&error)).with("next", json!(next)),
        IngestError::Deleted { .. } => Problem::conflict(sentence(&error)),
        IngestError::Line { .. } | IngestError::Cut { .. } | IngestError::Path { .. } | IngestError::Bucket(_) => {
            Problem::bad_request(sentence(&error))
        }
    }
}

fn sentence(error: &IngestError) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}
