//! `POST /explanations`.

use axum::extract::State;
use axum::response::Response;
use glassboard_jobs::spec::JobSpec;
use glassboard_store::NewAnswer;
use serde_json::json;

use super::question::{Asked, background_table, input_ref, question, runnable};
use crate::extract::Json;
use crate::problem::Answer;
use crate::state::AppState;

pub async fn ask(State(app): State<AppState>, Json(asked): Json<Asked>) -> Answer<Response> {
    let (_, model) = runnable(&app, &asked.model, asked.checkpoint.as_deref()).await?;
    let input = app.store().input(app.actor(), &asked.input).await?;
    let background = background_table(&app, &asked, &input).await?;
    let question = question(&asked, background.as_ref())?;
    let rest = serde_json::to_value(&question).map_err(crate::problem::Problem::internal)?;
    let new = NewAnswer {
        id: model.address(&app, "explanation", &input.identity(), asked.row, &rest),
        kind: "explanation",
        checkpoint: model.checkpoint.id,
        input: input.id,
        row: if question.rows.is_some() {
            glassboard_store::MANY_ROWS
        } else {
            i64::try_from(asked.row).unwrap_or(i64::MAX)
        },
        question: json!({ "question": rest, "preprocess": model.preprocess }),
    };
    let title = glassboard_catalog::find(&question.method).map_or("Explanation", |entry| entry.title);
    let spec = JobSpec::Explain {
        model: model.source(&app)?,
        input: input_ref(&app, &input, asked.row)?,
        preprocess: model.preprocess.clone(),
        background: background.map(|table| input_ref(&app, &table, 0).map(Box::new)).transpose()?,
        question,
    };
    let answer = app
        .work()
        .ask(&app, new, spec, &format!("{title}, {}", input.name))
        .await?;
    Ok(super::standing_response(&answer))
}
