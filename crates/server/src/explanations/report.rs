//! `GET /explanations/{id}/report`: a self-contained HTML file that says how to make it again.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use glassboard_report::{Arrays, Command, Company, Report, html, settled};
use glassboard_store::{CheckpointId, InputRow, ModelDetail};
use serde::Deserialize;
use serde_json::Value;

use crate::extract::{Path, Query};
use crate::models::parity;
use crate::problem::{Answer, Problem};
use crate::security::headers::OwnPolicy;
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// `1`: as a download rather than a page.
    download: Option<u8>,
}

/// Names of the files that the model is made of: the one with its graph, and that of its weights where they are in
/// another.
fn files(detail: &ModelDetail, id: CheckpointId) -> (String, Option<String>) {
    let Some(own) = detail.checkpoints.iter().find(|c| c.id == id) else {
        return (detail.model.name.clone(), None);
    };
    if own.run_hash.as_ref().is_none_or(|run| *run == own.hash) {
        return (own.filename.clone(), None);
    }
    // The newest that was there when the weights came: they were put into its graph.
    let graph = detail
        .checkpoints
        .iter()
        .filter(|c| c.format == "onnx" && c.id.0 < own.id.0)
        .max_by_key(|c| c.id.0);
    let graph = graph.map_or(&detail.model.name, |c| &c.filename);
    (graph.clone(), Some(own.filename.clone()))
}

/// Names of the files that took part beside the input; none where one is gone, was read in a way that was edited, or is no
/// file of its own.
async fn company(app: &AppState, answer: &Value, detail: &ModelDetail, input: &InputRow) -> Answer<Option<Company>> {
    let list = |key: &str| answer["company"][key].as_array().into_iter().flatten();
    if !answer["company"].is_object() || input.identity() != input.hash {
        return Ok(None);
    }
    let inputs = app.store().inputs(app.actor(), None).await?;
    let members = list("members").map(|member| {
        let found = inputs
            .iter()
            .find(|one| member["set"] == one.hash && one.identity() == one.hash);
        found.map(|one| one.name.clone())
    });
    let steps = list("steps").map(|step| {
        let found = detail
            .checkpoints
            .iter()
            .find(|one| step["model"] == one.hash && one.run_hash.as_ref() == Some(&one.hash));
        found.map(|one| one.filename.clone())
    });
    let (members, steps) = (members.collect::<Option<_>>(), steps.collect::<Option<_>>());
    Ok(members.zip(steps).map(|(members, steps)| Company { members, steps }))
}

pub async fn report(State(app): State<AppState>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let row = app.store().answer(app.actor(), &id).await?;
    let (Some(hash), "done") = (row.array_hash.as_deref(), row.state.as_str()) else {
        return Err(Problem::not_found(
            "This explanation has no report yet: it is still computed, or it failed.",
        ));
    };
    let answer = super::whole(&row)?;
    let bytes = app.store().read_blob(hash).await?;
    let detail = app.store().model(app.actor(), &row.model).await?;
    let input = app.store().input(app.actor(), &row.input).await?;
    let background = match answer["background"]["table"].as_str() {
        Some(table) if table != input.hash => Some(
            app.store()
                .input(app.actor(), table)
                .await
                .map_or_else(|_| table.to_owned(), |other| other.name),
        ),
        _ => None,
    };
    let compared = parity::of(&app, row.checkpoint_id, detail.model.preprocess.as_deref()).await?;
    let warning = parity::banner(&compared).filter(|(bad, _)| *bad).map(|(_, said)| said);
    let company = company(&app, &answer, &detail, &input).await?;
    let (model, weights) = files(&detail, row.checkpoint_id);
    // A report of a million rows takes a while: not on the threads that answer.
    let write = move || -> Answer<String> {
        let arrays = Arrays::read(&bytes).map_err(Problem::internal)?;
        let report = Report {
            answer: &settled(&answer),
            arrays: &arrays,
            command: Command {
                model: &model,
                weights: weights.as_deref(),
                data: &input.name,
                background: background.as_deref(),
                preprocess: detail.model.preprocess_origin == "given",
                company: company.as_ref(),
            },
            warning: warning.as_deref(),
        };
        html(&report).map_err(Problem::internal)
    };
    let page = tokio::task::spawn_blocking(write).await.map_err(Problem::internal)??;
    let shown = if asked.download == Some(1) {
        "attachment"
    } else {
        "inline"
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("{shown}; filename=\"report.html\""),
            ),
            (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        ],
        page,
    )
        .into_response();
    // A document of its own: it carries its style and pictures and runs nothing.
    if let Some(policy) = OwnPolicy::new(&glassboard_report::policy()) {
        response.extensions_mut().insert(policy);
    }
    Ok(response)
}
