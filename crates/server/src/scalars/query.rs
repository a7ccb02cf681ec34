//! `GET /experiments/{exp}/scalars`: one tag, many runs, one window, one bucket grid for all.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_model::columns::Writer;
use glassboard_store::logs::{Axis, ScalarQuery, ScalarSeries};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Runs one request may name; the page asks for what it shows.
const MAX_RUNS: usize = 500;

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
    runs: Option<String>,
    axis: Option<String>,
    from: Option<f64>,
    to: Option<f64>,
    columns: Option<usize>,
    smoothing: Option<f64>,
    #[serde(default)]
    format: Format,
}

pub async fn query(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let word = asked.axis.as_deref().unwrap_or("step");
    let axis = Axis::parse(word)
        .ok_or_else(|| Problem::bad_request(format!("There is no axis {word:?}: step, relative and wall are axes.")))?;
    let query = ScalarQuery {
        runs: asked.runs.as_deref().map(ids).transpose()?,
        axis,
        from: finite("from", asked.from)?,
        to: finite("to", asked.to)?,
        columns: columns(asked.columns, asked.format)?,
        smoothing: smoothing(asked.smoothing)?,
        superseded: false,
        tag: asked.tag,
    };
    let series = app.store().scalars(&app.actor(), &experiment, &query).await?;
    Ok(match asked.format {
        Format::Json => axum::Json(as_json(&query, &series)).into_response(),
        Format::Columns => format::columns(as_columns(&query, &series)),
        Format::Csv => {
            let runs = app.store().runs(&app.actor(), &experiment).await?;
            let name = |id: &str| {
                runs.iter()
                    .find(|run| run.id == id)
                    .map_or(id.to_owned(), |run| run.name.clone())
            };
            format::csv(as_csv(&series, name))
        }
    })
}

fn ids(list: &str) -> Result<Vec<String>, Problem> {
    let ids: Vec<String> = list.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if ids.len() > MAX_RUNS {
        return Err(Problem::bad_request(format!(
            "{} runs are named; {MAX_RUNS} is the most of one request.",
            ids.len()
        )));
    }
    Ok(ids)
}

fn finite(name: &str, value: Option<f64>) -> Result<Option<f64>, Problem> {
    match value {
        Some(v) if !v.is_finite() => Err(Problem::bad_request(format!("`{name}` must be a finite number."))),
        other => Ok(other),
    }
}

/// A page asks for what its pixels hold; a CSV without `columns` is every point.
fn columns(asked: Option<usize>, format: Format) -> Result<Option<usize>, Problem> {
    match asked {
        Some(n @ 1..=10_000) => Ok(Some(n)),
        Some(n) => Err(Problem::bad_request(format!(
            "`columns` is {n}; it goes from 1 to 10,000."
        ))),
        None if format == Format::Csv => Ok(None),
        None => Ok(Some(1000)),
    }
}

fn smoothing(asked: Option<f64>) -> Result<f64, Problem> {
    match asked.unwrap_or(0.6) {
        weight @ 0.0..=0.999 => Ok(weight),
        weight => Err(Problem::bad_request(format!(
            "`smoothing` is {weight}; it goes from 0 to 0.999."
        ))),
    }
}

fn as_json(query: &ScalarQuery, series: &[ScalarSeries]) -> Value {
    let series: Vec<Value> = series
        .iter()
        .map(|s| {
            json!({
                "run": s.run, "mode": s.mode, "total": s.total, "x": s.x, "y": s.y, "smooth": s.smooth,
                "step": s.step, "wall": s.wall, "nonfinite": s.nonfinite, "nonfinite_total": s.nonfinite_total,
            })
        })
        .collect();
    json!({ "tag": query.tag, "axis": query.axis, "series": series })
}

fn as_columns(query: &ScalarQuery, series: &[ScalarSeries]) -> Vec<u8> {
    let meta: Vec<Value> = series
        .iter()
        .map(|s| {
            json!({
                "run": s.run, "mode": s.mode, "total": s.total,
                "nonfinite": s.nonfinite, "nonfinite_total": s.nonfinite_total,
            })
        })
        .collect();
    let empty = Writer::new()
        .meta("tag", query.tag.clone())
        .meta("axis", json!(query.axis))
        .meta("series", meta);
    let all = series.iter().enumerate().fold(empty, |file, (i, s)| {
        let shape = [s.x.len()];
        file.f64(&format!("{i}/x"), &shape, &s.x)
            .f64(&format!("{i}/y"), &shape, &s.y)
            .f64(&format!("{i}/smooth"), &shape, &s.smooth)
            .i64(&format!("{i}/step"), &shape, &s.step)
            .f64(&format!("{i}/wall"), &shape, &s.wall)
    });
    all.finish()
}

fn as_csv(series: &[ScalarSeries], name: impl Fn(&str) -> String) -> String {
    let mut out = String::from("run,step,wall_time,value,smoothed\n");
    for s in series {
        let run = format::cell(&name(&s.run));
        for i in 0..s.x.len() {
            // Writing to a String cannot fail.
            let _ok = writeln!(out, "{run},{},{},{},{}", s.step[i], s.wall[i], s.y[i], s.smooth[i]);
        }
    }
    out
}
