//! `GET`, `PUT` and `DELETE /models/{m}/parity`: whether a model gives here what somebody says it gives.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use glassboard_jobs::spec::JobSpec;
use glassboard_store::{CheckpointId, InputRow, NewParity, ParityRow};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::explanations::question::{input_ref, runnable};
use crate::extract::{Path, Query};
use crate::models::{Of, chosen};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::upload::{self, INPUT_LIMIT};

/// Most bytes of a question.
const QUESTION_LIMIT: u64 = 1 << 20;

/// What is asked, where the body is a question.
#[derive(Debug, Deserialize)]
pub struct Asked {
    input: String,
    #[serde(flatten)]
    how: How,
}

/// Which columns are expected, of which output, how near.
#[derive(Debug, Default, Deserialize)]
pub struct How {
    #[serde(default)]
    columns: Vec<String>,
    output: Option<String>,
    tolerance: Option<f64>,
}

/// The same, where the body is the file.
#[derive(Debug, Deserialize)]
pub struct InAddress {
    checkpoint: Option<String>,
    name: Option<String>,
    /// Separated by commas.
    columns: Option<String>,
    output: Option<String>,
    tolerance: Option<f64>,
}

/// The comparison as `docs/api.md` has it; null where there is none. `preprocess` is the model's of now.
pub async fn of(app: &AppState, checkpoint: CheckpointId, preprocess: Option<&str>) -> Answer<Value> {
    let found = app.store().parity(app.actor(), checkpoint).await?;
    Ok(found.map_or(Value::Null, |row| whole(&row, preprocess)))
}

fn whole(row: &ParityRow, preprocess: Option<&str>) -> Value {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let mut out = row.result.as_deref().map_or_else(|| json!({}), parse);
    let now = preprocess.map_or(Value::Null, parse);
    out["state"] = json!(row.state);
    out["error"] = json!(row.error);
    out["job"] = json!(row.job_id);
    out["input"] = json!(row.input);
    out["asked"] = parse(&row.asked);
    out["stale"] = json!(parse(&row.preprocess) != now);
    out["created_at"] = json!(row.created_at);
    out
}

/// What every explanation of the model must say: the sentence, and whether it is bad news.
pub fn banner(parity: &Value) -> Option<(bool, String)> {
    if parity["state"] != "done" {
        return None;
    }
    let sentence = parity["sentence"].as_str()?;
    let agrees = parity["agrees"] == json!(true);
    if parity["stale"] == json!(true) {
        return Some((
            true,
            "The preprocessing has changed since this model was compared with given outputs; compare it again."
                .to_owned(),
        ));
    }
    Some((!agrees, format!("This model {sentence}.")))
}

pub async fn parity(State(app): State<AppState>, Path(model): Path<String>, Query(of_): Query<Of>) -> Answer {
    let detail = app.store().model(app.actor(), &model).await?;
    let checkpoint = chosen(&detail, of_.checkpoint.as_deref())?;
    let found = of(&app, checkpoint.id, detail.model.preprocess.as_deref()).await?;
    Ok(axum::Json(found).into_response())
}

pub async fn forget_parity(State(app): State<AppState>, Path(model): Path<String>, Query(of_): Query<Of>) -> Answer {
    let detail = app.store().model(app.actor(), &model).await?;
    let checkpoint = chosen(&detail, of_.checkpoint.as_deref())?;
    app.store().forget_parity(app.actor(), checkpoint.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn set_parity(
    State(app): State<AppState>,
    Path(model): Path<String>,
    Query(asked): Query<InAddress>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let (_, runs) = runnable(&app, &model, asked.checkpoint.as_deref()).await?;
    let json_body = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.starts_with("application/json"));
    let (input, how) = if json_body {
        let bytes = upload::in_memory(&app, body, QUESTION_LIMIT).await?;
        let question: Asked = serde_json::from_slice(&bytes)
            .map_err(|error| Problem::bad_request(format!("The body is not what is asked for: {error}.")))?;
        (app.store().input(app.actor(), &question.input).await?, question.how)
    } else {
        let how = How {
            columns: split(asked.columns.as_deref()),
            output: asked.output,
            tolerance: asked.tolerance,
        };
        (receive(&app, &model, asked.name.as_deref(), &headers, body).await?, how)
    };
    if input.state == "failed" || input.kind == "image" {
        return Err(Problem::bad_request(format!(
            "`{}` holds no rows with expected outputs: give a table (CSV, Parquet) or an npz.",
            input.name
        )));
    }
    let question = json!({ "columns": how.columns, "output": how.output, "tolerance": how.tolerance });
    let new = NewParity {
        checkpoint: runs.checkpoint.id,
        input: input.id,
        asked: question.clone(),
        preprocess: runs.preprocess.clone(),
    };
    let spec = JobSpec::Parity {
        model: runs.source(&app)?,
        input: input_ref(&app, &input, 0)?,
        preprocess: runs.prepared(&app)?,
        asked: question,
    };
    app.work()
        .ask_parity(&app, &new, spec, format!("Compare {model} with given outputs"))
        .await?;
    let preprocess = (!runs.preprocess.is_null()).then(|| runs.preprocess.to_string());
    let found = of(&app, runs.checkpoint.id, preprocess.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(found)).into_response())
}

fn split(columns: Option<&str>) -> Vec<String> {
    let columns = columns.unwrap_or_default().split(',').map(str::trim);
    columns.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The file of the body as an input like any other.
async fn receive(app: &AppState, model: &str, name: Option<&str>, headers: &HeaderMap, body: Body) -> Answer<InputRow> {
    let blob = upload::receive(app, headers, body, INPUT_LIMIT, "application/octet-stream").await?;
    let name = upload::name(name, headers, "expected outputs");
    let (input, created) = app.store().add_input(app.actor(), &name, Some(model), &blob).await?;
    if created || input.state == "failed" {
        app.work().inspect(app, &input).await?;
    }
    app.work().read_input(app, input).await
}
