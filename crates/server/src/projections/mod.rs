//! Pictures of embeddings: asked for, looked up by the hash of their question, followed, read.

mod ask;
mod at;
mod show;

pub use ask::ask;
pub use at::at;
pub use show::show;

use glassboard_store::ProjectionRow;
use serde_json::{Value, json};

use crate::problem::Answer;

/// The picture as the API answers it: where it stands, its question, and what is known once it is done.
fn described(row: &ProjectionRow) -> Answer<Value> {
    let mut out = json!({
        "id": row.id,
        "state": row.state,
        "job": row.job_id,
        "progress": if row.state == "done" { 1.0 } else { row.progress.unwrap_or(0.0) },
        "error": row.error,
        "question": row.question()?,
    });
    for (name, value) in row.result()?.as_object().into_iter().flatten() {
        out[name] = value.clone();
    }
    Ok(out)
}
