//! Explanations: asked, looked up by the hash of their question, followed, read, deleted.

mod ask;
mod attribution;
pub mod company;
mod delete;
mod ephemeral;
mod list;
pub mod page;
pub mod question;
mod report;
mod set_page;
mod show;

pub use ask::ask;
pub use attribution::{attribution, columns};
pub use delete::delete;
pub use ephemeral::ephemeral;
pub use list::list;
pub use report::report;
pub use show::show;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use glassboard_store::AnswerRow;
use serde_json::{Value, json};

use crate::problem::Answer;

/// Where an answer stands: `{"id","state","job","progress","error"}`.
pub fn standing(answer: &AnswerRow) -> Value {
    json!({
        "id": answer.id,
        "state": answer.state,
        "job": answer.job_id,
        "progress": if answer.state == "done" { 1.0 } else { answer.progress.unwrap_or(0.0) },
        "error": answer.error,
    })
}

/// 200 where it is known, 202 where it is on its way.
pub fn standing_response(answer: &AnswerRow) -> Response {
    let status = match answer.state.as_str() {
        "queued" | "running" => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    (status, axum::Json(standing(answer))).into_response()
}

/// The whole explanation: its question, its result, where it stands.
pub fn whole(answer: &AnswerRow) -> Answer<Value> {
    let mut out = answer.result()?;
    if !out.is_object() {
        let question = answer.question()?;
        out = json!({});
        for name in ["method", "params", "target", "on", "baseline", "seed"] {
            out[name] = question["question"][name].clone();
        }
    }
    for (name, value) in standing(answer).as_object().into_iter().flatten() {
        out[name] = value.clone();
    }
    out["model"] = json!(answer.model);
    out["checkpoint"] = json!(answer.checkpoint);
    out["model_hash"] = json!(answer.model_hash);
    out["input"] = json!(answer.input);
    out["row"] = json!((answer.row != glassboard_store::MANY_ROWS).then_some(answer.row));
    out["created_at"] = json!(answer.created_at);
    Ok(out)
}
