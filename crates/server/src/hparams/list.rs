//! `GET /experiments/{exp}/hparams`: sessions as JSON, CSV or LaTeX.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::sessions::Sessions;
use super::written::{self, Columns, Of};
use crate::extract::{Path, Query};
use crate::format;
use crate::problem::Answer;
use crate::state::AppState;

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Written {
    #[default]
    Json,
    Csv,
    Latex,
}

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    format: Written,
    /// Names of hyperparameters and metrics, with commas; a comma or percent sign inside is percent-encoded.
    columns: Option<String>,
    /// Ids of runs, with commas, in the order wanted.
    runs: Option<String>,
    #[serde(default)]
    of: Of,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let sessions = Sessions::of(&app, &experiment).await?;
    if matches!(asked.format, Written::Json) {
        return Ok(axum::Json(sessions.json(&experiment)).into_response());
    }
    let wanted: Option<Vec<String>> = asked.columns.as_deref().map(|list| {
        let names = list.split(',').filter(|name| !name.is_empty());
        names.map(|name| name.replace("%2C", ",").replace("%25", "%")).collect()
    });
    let columns = Columns::of(&sessions, wanted.as_deref(), asked.of);
    let lines: Vec<_> = match asked.runs.as_deref() {
        None => sessions.lines.iter().collect(),
        Some(runs) => {
            let line = |id: &str| sessions.lines.iter().find(|line| line.run == id);
            runs.split(',').filter_map(line).collect()
        }
    };
    let lines = lines.into_iter();
    Ok(match asked.format {
        Written::Latex => {
            let kind = [(header::CONTENT_TYPE, "text/x-tex; charset=utf-8")];
            let name = [(header::CONTENT_DISPOSITION, "attachment; filename=\"hparams.tex\"")];
            (kind, name, written::latex(&columns, lines)).into_response()
        }
        _ => format::csv(written::csv(&columns, lines)),
    })
}
