//! `POST /predictions`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use glassboard_jobs::spec::{Changes, Erased, InputRef, JobSpec, Source};
use glassboard_store::NewAnswer;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::explanations::question::{input_ref, runnable};
use crate::explanations::{standing, standing_response};
use crate::extract::Json;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    model: String,
    checkpoint: Option<String>,
    #[serde(default)]
    input: String,
    /// A sentence in the place of an input. The answer comes at once; neither is kept.
    text: Option<String>,
    #[serde(default)]
    row: usize,
    /// Other values for some columns of a table's row. With it, even empty, the answer comes at once and is not kept.
    changes: Option<Changes>,
    /// Pixels of a picture that are replaced. With it, even empty, the answer comes at once and is not kept.
    erased: Option<Vec<Erased>>,
}

pub async fn ask(State(app): State<AppState>, Json(asked): Json<Asked>) -> Answer<Response> {
    let (_, model) = runnable(&app, &asked.model, asked.checkpoint.as_deref()).await?;
    if let Some(text) = asked.text {
        let bytes = text.into_bytes();
        let input = InputRef {
            source: Source::Attached {
                hash: blake3::hash(&bytes).to_hex().to_string(),
                part: 0,
            },
            name: "sentence.txt".to_owned(),
            row: 0,
            facts: Value::Null,
        };
        let spec = JobSpec::Predict {
            model: model.source(&app)?,
            input,
            preprocess: model.prepared(&app)?,
            changes: None,
            erased: None,
        };
        return Ok(axum::Json(app.work().now_about(spec, bytes).await?).into_response());
    }
    let input = app.store().input(app.actor(), &asked.input).await?;
    if asked.changes.is_some() || asked.erased.is_some() {
        let table = input.kind == "table";
        if table != asked.erased.is_none() {
            return Err(Problem::bad_request(if table {
                format!(
                    "`{}` is a table, so it has no pixels to erase; give `changes`.",
                    input.name
                )
            } else {
                format!("`{}` is no table, so it has no columns to change.", input.name)
            }));
        }
        let spec = JobSpec::Predict {
            model: model.source(&app)?,
            input: input_ref(&app, &input, asked.row)?,
            preprocess: model.prepared(&app)?,
            changes: asked.changes,
            erased: asked.erased,
        };
        return Ok(axum::Json(app.work().now(spec).await?).into_response());
    }
    let new = NewAnswer {
        id: model.address(&app, "prediction", &input.identity(), asked.row, &Value::Null),
        kind: "prediction",
        checkpoint: model.checkpoint.id,
        input: input.id,
        row: i64::try_from(asked.row).unwrap_or(i64::MAX),
        question: json!({ "preprocess": model.preprocess }),
    };
    let spec = JobSpec::Predict {
        model: model.source(&app)?,
        input: input_ref(&app, &input, asked.row)?,
        preprocess: model.prepared(&app)?,
        changes: None,
        erased: None,
    };
    let answer = app
        .work()
        .ask(&app, new, spec, &format!("Prediction, {}", input.name))
        .await?;
    if answer.state != "done" {
        return Ok(standing_response(&answer));
    }
    let mut out = answer.result()?;
    for (name, value) in standing(&answer).as_object().into_iter().flatten() {
        out[name] = value.clone();
    }
    Ok(axum::Json(out).into_response())
}
