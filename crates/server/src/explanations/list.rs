//! `GET /explanations?model=&input=`.

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::extract::Query;
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    model: Option<String>,
    input: Option<String>,
}

pub async fn list(State(app): State<AppState>, Query(asked): Query<Asked>) -> Answer {
    let (model, input) = (asked.model.as_deref(), asked.input.as_deref());
    let rows = app.store().explanations(app.actor(), model, input).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut one = super::whole(row)?;
        // The curves stay with the explanation itself; a list is for finding it.
        if let Some(object) = one.as_object_mut() {
            object.remove("evidence");
            object.remove("found");
        }
        all.push(one);
    }
    Ok(axum::Json(json!({ "explanations": Value::Array(all) })).into_response())
}
