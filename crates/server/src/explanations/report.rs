//! `GET /explanations/{id}/report`: a self-contained HTML file that says how to make it again.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use glassboard_report::{Arrays, Command, Report, html, settled};
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::models::parity;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// `1`: as a download rather than a page.
    download: Option<u8>,
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
    // A report of a million rows takes a while: not on the threads that answer.
    let write = move || -> Answer<String> {
        let arrays = Arrays::read(&bytes).map_err(Problem::internal)?;
        let report = Report {
            answer: &settled(&answer),
            arrays: &arrays,
            command: Command {
                model: detail
                    .checkpoint(Some(&row.checkpoint))
                    .map_or(&detail.model.name, |c| &c.filename),
                data: &input.name,
                background: background.as_deref(),
                preprocess: detail.model.preprocess_origin == "given",
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
    Ok((
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, format!("{shown}; filename=\"report.html\"")),
            (header::CACHE_CONTROL, "private, no-cache".to_owned()),
            // A document of its own: it carries its styles and pictures and runs nothing.
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
                    .to_owned(),
            ),
        ],
        page,
    )
        .into_response())
}
