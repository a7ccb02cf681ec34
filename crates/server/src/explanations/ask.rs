//! `POST /explanations`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use glassboard_jobs::spec::{Changes, CompanySources, JobSpec, Question};
use glassboard_store::{InputRow, ModelDetail, NewAnswer};
use serde_json::json;

use super::question::{Asked, Runnable, background_table, input_ref, question, runnable};
use crate::extract::Json;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

pub async fn ask(State(app): State<AppState>, Json(asked): Json<Asked>) -> Answer<Response> {
    let (detail, model) = runnable(&app, &asked.model, asked.checkpoint.as_deref()).await?;
    let input = app.store().input(app.actor(), &asked.input).await?;
    let background = background_table(&app, &asked, &input).await?;
    let mut question = question(&asked, background.as_ref())?;
    let mut company = None;
    if let Some((who, sources)) = super::company::company(&app, &asked).await? {
        question.company = Some(who);
        company = Some(Box::new(sources));
    }
    let changes = asked.changes.as_ref().filter(|changes| !changes.is_empty());
    if changes.is_some() || asked.keep == Some(false) {
        return passing(
            &app,
            &asked,
            changes,
            &detail,
            &model,
            &input,
            background.as_ref(),
            question,
            company,
        );
    }
    let mut rest = serde_json::to_value(&question).map_err(Problem::internal)?;
    // The question names the bytes of the background; how they are read decides the answer as well.
    if let Some(read) = background.as_ref().filter(|table| table.identity() != table.hash) {
        rest["background"]["read"] = json!(read.identity());
    }
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
        question: json!({ "question": question, "preprocess": model.preprocess }),
    };
    let title = glassboard_catalog::find(&question.method).map_or("Explanation", |entry| entry.title);
    let spec = JobSpec::Explain {
        model: model.source(&app)?,
        input: input_ref(&app, &input, asked.row)?,
        preprocess: model.prepared(&app)?,
        background: background
            .map(|table| input_ref(&app, &table, 0).map(Box::new))
            .transpose()?,
        question: Box::new(question),
        changes: None,
        company,
    };
    let answer = app
        .work()
        .ask(&app, new, spec, &format!("{title}, {}", input.name))
        .await?;
    Ok(super::standing_response(&answer))
}

/// Explains without keeping: a row that was edited and is on no disk, or what the user does not want kept.
#[expect(
    clippy::too_many_arguments,
    reason = "what was looked up for the question, handed on"
)]
fn passing(
    app: &AppState,
    asked: &Asked,
    changes: Option<&Changes>,
    detail: &ModelDetail,
    model: &Runnable,
    input: &InputRow,
    background: Option<&InputRow>,
    question: Question,
    company: Option<Box<CompanySources>>,
) -> Answer<Response> {
    if changes.is_some() && question.rows.is_some() {
        return Err(Problem::bad_request("`changes` edit one row; leave `rows` out."));
    }
    let facts = json!({
        "method": question.method,
        "params": question.params,
        "target": question.target,
        "on": question.on,
        "baseline": question.baseline,
        "seed": question.seed,
        "model": detail.model.slug,
        "model_hash": model.checkpoint.hash,
        "input": input.slug,
        "row": asked.row,
        "changes": changes,
    });
    let spec = JobSpec::Explain {
        model: model.source(app)?,
        input: input_ref(app, input, asked.row)?,
        preprocess: model.prepared(app)?,
        background: background
            .map(|table| input_ref(app, table, 0).map(Box::new))
            .transpose()?,
        question: Box::new(question),
        changes: changes.cloned(),
        company,
    };
    let passing = app.work().explain_in_memory(spec, Vec::new(), facts)?;
    Ok((StatusCode::ACCEPTED, axum::Json(passing.whole())).into_response())
}
