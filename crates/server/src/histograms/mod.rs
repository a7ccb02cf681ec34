//! `GET /experiments/{exp}/histograms`: bins as logged, never re-binned.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_model::columns::Writer;
use glassboard_store::logs::Pick;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::values;

const MOST: usize = 1000;

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
    run: String,
    max: Option<usize>,
    /// 0: bins that hold nothing are left out, which is most of what TensorBoard's older writers log.
    empty: Option<u8>,
    #[serde(default)]
    format: Format,
}

/// A histogram of one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistogramAt {
    /// Its step.
    pub step: i64,
    /// Its time, seconds since 1970.
    pub wall: f64,
    /// Left edge, right edge, count.
    pub bins: Vec<[f64; 3]>,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let max = asked.max.unwrap_or(100).clamp(1, MOST);
    let shape = if asked.empty == Some(0) { filled } else { |at| at };
    let (histograms, total) = of_series(&app, &experiment, &asked.run, &asked.tag, max, shape).await?;
    Ok(match asked.format {
        Format::Json => axum::Json(json!({ "histograms": histograms, "total": total })).into_response(),
        Format::Columns => format::columns(as_columns(&histograms, total)),
        Format::Csv => format::csv(as_csv(&histograms)),
    })
}

fn filled(mut at: HistogramAt) -> HistogramAt {
    at.bins.retain(|bin| bin[2] != 0.0);
    at
}

/// The last of a series, and how many there are; `None` where there is none. Reads one value.
pub async fn newest(app: &AppState, experiment: &str, run: &str, tag: &str) -> Answer<Option<(HistogramAt, usize)>> {
    let (mut found, total) = of_series(app, experiment, run, tag, 1, |at| at).await?;
    Ok(found.pop().map(|at| (at, total)))
}

/// What `shape` makes of at most `max` histograms of a series, spread evenly, and how many there are.
pub async fn of_series<T: Send + 'static>(
    app: &AppState,
    experiment: &str,
    run: &str,
    tag: &str,
    max: usize,
    shape: fn(HistogramAt) -> T,
) -> Answer<(Vec<T>, usize)> {
    let (actor, pick) = (app.actor(), Pick::Spread(max));
    let records = app.store().records(&actor, experiment, run, tag, pick).await?;
    let decode = move || {
        let decoded = records.records.iter().map(|record| {
            Ok(shape(HistogramAt {
                step: record.head.step,
                wall: record.head.wall,
                bins: values::data(record).histogram().map_err(values::damaged)?,
            }))
        });
        decoded
            .collect::<Answer<Vec<_>>>()
            .map(|histograms| (histograms, records.total))
    };
    tokio::task::spawn_blocking(decode)
        .await
        .map_err(|error| Problem::internal(error.to_string()))?
}

/// One row a bin, so that histograms of different bins travel together; `index` says whose bin it is.
fn as_columns(histograms: &[HistogramAt], total: usize) -> Vec<u8> {
    let bins: Vec<(i64, [f64; 3])> = histograms
        .iter()
        .enumerate()
        .flat_map(|(i, h)| h.bins.iter().map(move |bin| (i as i64, *bin)))
        .collect();
    let column = |at: usize| bins.iter().map(|(_, bin)| bin[at]).collect::<Vec<f64>>();
    let index: Vec<i64> = bins.iter().map(|(i, _)| *i).collect();
    let steps: Vec<i64> = histograms.iter().map(|h| h.step).collect();
    let walls: Vec<f64> = histograms.iter().map(|h| h.wall).collect();
    Writer::new()
        .meta("total", json!(total))
        .i64("step", &[steps.len()], &steps)
        .f64("wall", &[walls.len()], &walls)
        .i64("index", &[bins.len()], &index)
        .f64("left", &[bins.len()], &column(0))
        .f64("right", &[bins.len()], &column(1))
        .f64("count", &[bins.len()], &column(2))
        .finish()
}

fn as_csv(histograms: &[HistogramAt]) -> String {
    let mut out = String::from("step,wall_time,left,right,count\n");
    for h in histograms {
        for [left, right, count] in &h.bins {
            // Writing to a String cannot fail.
            let _ok = writeln!(out, "{},{},{left},{right},{count}", h.step, h.wall);
        }
    }
    out
}
