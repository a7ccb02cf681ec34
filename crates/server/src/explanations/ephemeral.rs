//! `POST /explanations/ephemeral`: explain without keeping. The body is the input; it and the answer
//! stay in memory, for ten minutes at most.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use glassboard_jobs::spec::{Background, InputRef, JobSpec, Source};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::company::CompanyAsked;
use super::question::{Asked, RowsAsked, question, runnable, takes_background};
use crate::extract::Query;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::upload;

/// Most bytes of an input that is held in memory.
const LIMIT: u64 = 16 << 20;

/// The keys of the question, with `params` as JSON text.
#[derive(Debug, Deserialize)]
pub struct Keys {
    name: Option<String>,
    model: String,
    checkpoint: Option<String>,
    #[serde(default)]
    row: usize,
    /// `all`, or left out: the one row.
    rows: Option<String>,
    method: String,
    params: Option<String>,
    target: Option<usize>,
    output: Option<String>,
    on: Option<String>,
    baseline: Option<String>,
    #[serde(default)]
    seed: u64,
    evidence: Option<String>,
}

pub async fn ephemeral(
    State(app): State<AppState>,
    Query(keys): Query<Keys>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let params: Map<String, Value> = match keys.params.as_deref() {
        None | Some("") => Map::new(),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| Problem::bad_request(format!("`params` is not a JSON object: {error}.")))?,
    };
    let name = upload::name(keys.name.as_deref(), &headers, "input");
    let asked = Asked {
        model: keys.model,
        checkpoint: keys.checkpoint,
        input: name.clone(),
        row: keys.row,
        rows: keys.rows.map(RowsAsked::Word),
        background: None,
        method: keys.method,
        params,
        target: keys.target,
        output: keys.output,
        on: keys.on,
        baseline: keys.baseline,
        seed: keys.seed,
        evidence: keys.evidence,
        mask: None,
        changes: None,
        keep: None,
        company: CompanyAsked::default(),
    };
    let (detail, model) = runnable(&app, &asked.model, asked.checkpoint.as_deref()).await?;
    let bytes = upload::in_memory(&app, body, LIMIT).await?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let mut question = question(&asked, None)?;
    // A table is its own background: no row of another is stored for it.
    question.background = takes_background(&asked.method).then(|| Background {
        table: hash.clone(),
        rows: Background::ROWS,
    });
    let facts = json!({
        "method": question.method,
        "params": question.params,
        "target": question.target,
        "on": question.on,
        "baseline": question.baseline,
        "seed": question.seed,
        "model": detail.model.slug,
        "model_hash": model.checkpoint.hash,
        "input": name,
        "row": asked.row,
    });
    let input = InputRef {
        source: Source::Attached { hash, part: 0 },
        name,
        row: asked.row,
        facts: Value::Null,
    };
    let spec = JobSpec::Explain {
        model: model.source(&app)?,
        background: question.background.is_some().then(|| Box::new(input.clone())),
        input,
        preprocess: model.prepared(&app)?,
        question: Box::new(question),
        changes: None,
        company: None,
    };
    let passing = app.work().explain_in_memory(spec, bytes, facts)?;
    Ok((StatusCode::ACCEPTED, Json(passing.whole())).into_response())
}
