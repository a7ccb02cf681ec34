//! Two checkpoints beside each other: asked for, looked up by the hash of their question, followed, read, deleted.

mod ask;
mod delete;
mod maps;
mod question;
mod show;

pub use ask::ask;
pub use delete::delete;
pub use maps::maps;
pub use show::show;

use glassboard_store::{CheckpointRow, ComparisonRow};
use serde_json::{Value, json};

use crate::problem::Answer;

/// Where a comparison stands: `{"id","kind","state","job","progress","error"}`.
pub fn standing(row: &ComparisonRow) -> Value {
    json!({
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "job": row.job_id,
        "progress": if row.state == "done" { 1.0 } else { row.progress.unwrap_or(0.0) },
        "error": row.error,
    })
}

/// The whole of it: where it stands, what was asked, and what was found.
pub fn whole(row: &ComparisonRow) -> Answer<Value> {
    let mut out = standing(row);
    out["asked"] = row.question()?;
    out["found"] = row.result()?;
    out["created_at"] = json!(row.created_at);
    Ok(out)
}

/// A checkpoint as a comparison names it.
fn side(model: &str, checkpoint: &CheckpointRow) -> Value {
    json!({
        "model": model,
        "checkpoint": checkpoint.id.0.to_string(),
        "label": crate::models::label(checkpoint),
        "hash": checkpoint.hash,
    })
}
