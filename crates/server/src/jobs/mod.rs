//! The queue, seen from outside.

mod cancel;
mod list;
pub mod page;
mod show;

pub use cancel::cancel;
pub use list::list;
pub use show::show;

use glassboard_store::{JobRow, Micros};
use serde_json::{Value, json};

/// A job as `docs/api.md` has it. `seconds_left` is told once a tenth is done.
pub fn summary(job: &JobRow, now: Micros) -> Value {
    let left = job
        .started_at
        .filter(|_| job.state == "running" && job.progress > 0.1)
        .map(|started| (now.0 - started.0) as f64 / 1e6)
        .map(|spent| (spent * (1.0 - job.progress) / job.progress).round());
    json!({
        "id": job.id,
        "kind": job.kind,
        "title": job.title,
        "state": job.state,
        "progress": job.progress,
        "message": job.message,
        "seconds_left": left,
        "error": job.error,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "attempt": job.attempt,
    })
}
