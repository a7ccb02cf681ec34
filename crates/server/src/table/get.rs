//! `GET /experiments/{exp}/table`.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::answer::{Asked, answer};
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

pub async fn get(
    State(app): State<AppState>,
    Path(experiment): Path<String>,
    Query(mut asked): Query<Asked>,
) -> Answer {
    let csv = match asked.format.as_deref() {
        None | Some("json") => false,
        Some("csv") => {
            asked.size = asked.size.or(Some(usize::MAX));
            true
        }
        Some(other) => {
            return Err(Problem::bad_request(format!(
                "There is no format `{other}`; there are json and csv."
            )));
        }
    };
    let table = answer(&app, &experiment, &asked).await?;
    if let Some(fault) = &table.fault {
        return Err(Problem::bad_request(format!(
            "The query, column {}: {}.",
            fault.column, fault.message
        )));
    }
    if !csv {
        return Ok(axum::Json(table.json()).into_response());
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = ["id", "folder", "name"].map(str::to_owned).into_iter();
    writer
        .write_record(head.chain(table.columns.iter().map(|column| column.title.clone())))
        .map_err(Problem::internal)?;
    let rows = table.json();
    for row in rows["rows"].as_array().into_iter().flatten() {
        let plain = |value: &serde_json::Value| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(all) => all.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        };
        let cells = row["values"].as_array().into_iter().flatten();
        let head = [&row["id"], &row["folder"], &row["name"]].into_iter();
        writer
            .write_record(head.chain(cells).map(|cell| harmless(plain(cell))))
            .map_err(Problem::internal)?;
    }
    let bytes = writer.into_inner().map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"runs.csv\""),
    ];
    Ok((headers, bytes).into_response())
}

/// A text that a spreadsheet would run as a formula begins with a quote; numbers stay numbers.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text
    }
}
