//! An answer without what changes from one computation of it to the next.

use serde_json::Value;

/// What belongs to one computation, or to the place where the answer is kept.
const PASSING: [&str; 13] = [
    "seconds",
    "attempt",
    "id",
    "job",
    "state",
    "progress",
    "error",
    "created_at",
    "model",
    "checkpoint",
    "input",
    "partial",
    "parity",
];

/// `answer` without its time, its place and its names: the same wherever the same question is answered.
pub fn settled(answer: &Value) -> Value {
    let mut out = answer.clone();
    if let Some(object) = out.as_object_mut() {
        object.retain(|name, _| !PASSING.contains(&name.as_str()));
    }
    out
}
