//! `GET /experiments/{exp}/bands`: a tag by groups of runs: mean, spread, extremes and counts, step by step.

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_model::columns::Writer;
use glassboard_series::{Bands, Columns, Grid, smooth_line};
use serde_json::{Value, json};

use super::ask::Asked;
use super::groups::groups;
use super::raw::{off_thread, raw};
use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::problem::Answer;
use crate::state::AppState;

/// A group as a chart shows it.
pub struct Banded {
    pub name: String,
    /// Its runs that have the tag.
    pub runs: Vec<String>,
    pub whole: bool,
    /// Steps in the window.
    pub total: usize,
    pub bands: Bands,
    /// The mean, smoothed over all its steps.
    pub smooth: Vec<f64>,
}

/// The bands of every group that has the tag.
pub async fn banded(app: &AppState, experiment: &str, asked: &Asked) -> Answer<Vec<Banded>> {
    let (columns, weight, align) = (asked.columns()?, asked.smoothing()?, asked.align()?);
    let (from, to) = asked.window()?;
    let groups = groups(app, experiment, asked).await?;
    let series = raw(app, experiment, asked, &asked.tag()?).await?;
    off_thread(move || {
        let mut points: HashMap<String, Columns> = series.into_iter().map(|one| (one.run, one.points)).collect();
        let mut all: Vec<(String, Vec<String>, Bands)> = Vec::new();
        for group in groups {
            let (runs, columns): (Vec<String>, Vec<Columns>) =
                group.runs.into_iter().filter_map(|id| points.remove_entry(&id)).unzip();
            if !runs.is_empty() {
                all.push((group.name, runs, glassboard_series::bands(&columns, align)));
            }
        }
        let ends = |pick: fn(&Vec<i64>) -> Option<&i64>| {
            all.iter()
                .filter_map(move |(_, _, b)| pick(&b.steps))
                .map(|&s| s as f64)
        };
        let grid = Grid {
            from: from.unwrap_or_else(|| ends(|s| s.first()).fold(f64::INFINITY, f64::min)),
            to: to.unwrap_or_else(|| ends(|s| s.last()).fold(f64::NEG_INFINITY, f64::max)),
            columns: columns.unwrap_or(1).max(1),
        };
        all.into_iter()
            .map(|(name, runs, bands)| {
                let smoothed = smooth_line(&bands.mean, weight);
                let start = from.map_or(0, |from| bands.steps.partition_point(|&step| (step as f64) < from));
                let end = to
                    .map_or(bands.len(), |to| bands.steps.partition_point(|&step| step as f64 <= to))
                    .max(start);
                let whole = columns.is_none_or(|columns| end - start <= 4 * columns);
                let kept: Vec<usize> = if whole {
                    (start..end).collect()
                } else {
                    bands.thin(start, end, &grid)
                };
                Banded {
                    name,
                    runs,
                    whole,
                    total: end - start,
                    smooth: kept.iter().map(|&index| smoothed[index]).collect(),
                    bands: bands.pick(&kept),
                }
            })
            .collect()
    })
    .await
}

pub async fn query(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let found = banded(&app, &experiment, &asked).await?;
    let tag = asked.tag()?;
    Ok(match asked.format {
        Format::Csv => format::csv(as_csv(&found)),
        Format::Columns => format::columns(as_columns(&tag, &found)),
        Format::Json => {
            let groups: Vec<Value> = found
                .iter()
                .map(|one| {
                    let b = &one.bands;
                    json!({
                        "name": one.name, "runs": one.runs, "mode": mode(one), "total": one.total, "step": b.steps,
                        "mean": b.mean, "smooth": one.smooth, "std": b.std, "min": b.min, "max": b.max, "count": b.count,
                    })
                })
                .collect();
            axum::Json(json!({ "tag": tag, "by": asked.by, "groups": groups })).into_response()
        }
    })
}

fn mode(one: &Banded) -> &'static str {
    if one.whole { "raw" } else { "buckets" }
}

fn as_columns(tag: &str, found: &[Banded]) -> Vec<u8> {
    let meta: Vec<Value> = found
        .iter()
        .map(|one| json!({ "name": one.name, "runs": one.runs, "mode": mode(one), "total": one.total }))
        .collect();
    let mut file = Writer::new().meta("tag", tag).meta("groups", meta);
    for (i, one) in found.iter().enumerate() {
        let b = &one.bands;
        let shape = [b.len()];
        let count: Vec<i64> = b.count.iter().map(|&n| i64::from(n)).collect();
        file = file
            .i64(&format!("{i}/step"), &shape, &b.steps)
            .f64(&format!("{i}/mean"), &shape, &b.mean)
            .f64(&format!("{i}/smooth"), &shape, &one.smooth)
            .f64(&format!("{i}/std"), &shape, &b.std)
            .f64(&format!("{i}/min"), &shape, &b.min)
            .f64(&format!("{i}/max"), &shape, &b.max)
            .i64(&format!("{i}/count"), &shape, &count);
    }
    file.finish()
}

fn as_csv(found: &[Banded]) -> String {
    let mut out = String::from("group,step,mean,smoothed,std,min,max,count\n");
    for one in found {
        let (name, b) = (format::cell(&one.name), &one.bands);
        for i in 0..b.len() {
            // Writing to a String cannot fail.
            let _ok = writeln!(
                out,
                "{name},{},{},{},{},{},{},{}",
                b.steps[i], b.mean[i], one.smooth[i], b.std[i], b.min[i], b.max[i], b.count[i]
            );
        }
    }
    out
}
