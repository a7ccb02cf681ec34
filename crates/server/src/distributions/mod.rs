//! `GET /experiments/{exp}/distributions`: the percentiles of a run's histograms, step by step.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_model::columns::Writer;
use glassboard_series::{BASIS_POINTS, percentiles};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::histograms::{HistogramAt, of_series};
use crate::problem::Answer;
use crate::state::AppState;

const MOST: usize = 5000;

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
    run: String,
    max: Option<usize>,
    #[serde(default)]
    format: Format,
}

/// What lies below each percentile at one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DistributionAt {
    /// Its step.
    pub step: i64,
    /// Its time, seconds since 1970.
    pub wall: f64,
    /// The values, in the order of [`percents`].
    pub values: [f64; 9],
}

impl From<HistogramAt> for DistributionAt {
    fn from(at: HistogramAt) -> Self {
        Self {
            step: at.step,
            wall: at.wall,
            values: percentiles(&at.bins),
        }
    }
}

/// Which percentiles they are: 0, 6.68, 15.87 and so on to 100.
pub fn percents() -> [f64; 9] {
    BASIS_POINTS.map(|point| point / 100.0)
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let max = asked.max.unwrap_or(1000).clamp(1, MOST);
    let (found, total) = of_series(&app, &experiment, &asked.run, &asked.tag, max, DistributionAt::from).await?;
    Ok(match asked.format {
        Format::Json => {
            axum::Json(json!({ "percents": percents(), "distributions": found, "total": total })).into_response()
        }
        Format::Columns => format::columns(as_columns(&found, total)),
        Format::Csv => format::csv(as_csv(&found)),
    })
}

fn as_columns(found: &[DistributionAt], total: usize) -> Vec<u8> {
    let steps: Vec<i64> = found.iter().map(|at| at.step).collect();
    let walls: Vec<f64> = found.iter().map(|at| at.wall).collect();
    let mut file = Writer::new()
        .meta("total", json!(total))
        .meta("percents", json!(percents()))
        .i64("step", &[steps.len()], &steps)
        .f64("wall", &[walls.len()], &walls);
    // A column a percentile: what a band is drawn from lies together.
    for index in 0..BASIS_POINTS.len() {
        let values: Vec<f64> = found.iter().map(|at| at.values[index]).collect();
        file = file.f64(&format!("p{index}"), &[values.len()], &values);
    }
    file.finish()
}

fn as_csv(found: &[DistributionAt]) -> String {
    let mut out = String::from("step,wall_time");
    for percent in percents() {
        // Writing to a String cannot fail.
        let _ok = write!(out, ",p{percent}");
    }
    out.push('\n');
    for at in found {
        let _ok = write!(out, "{},{}", at.step, at.wall);
        for value in at.values {
            let _ok = write!(out, ",{value}");
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_every_percentile() {
        let at = DistributionAt::from(HistogramAt {
            step: 7,
            wall: 1.5,
            bins: vec![[0.0, 1.0, 5.0], [1.0, 2.0, 5.0]],
        });
        let csv = as_csv(&[at]);
        let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        assert_eq!(
            lines.next().unwrap(),
            [
                "step",
                "wall_time",
                "p0",
                "p6.68",
                "p15.87",
                "p30.85",
                "p50",
                "p69.15",
                "p84.13",
                "p93.32",
                "p100"
            ]
        );
        let row = lines.next().unwrap();
        assert_eq!((row.len(), row[0], row[2], row[6], row[10]), (11, "7", "0", "1", "2"));
    }
}
