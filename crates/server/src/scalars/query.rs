//! `GET /experiments/{exp}/scalars`: one tag, many runs, one window, one bucket grid for all.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_model::columns::Writer;
use glassboard_series::{Columns, smooth_line, thin_trace};
use glassboard_store::logs::{Mode, NonFinite, ScalarSeries};
use serde_json::{Value, json};

use super::ask::{Asked, Horizontal};
use super::raw::{Line, lines, off_thread};
use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::problem::Answer;
use crate::state::AppState;

/// Points that are no number and are listed; the rest is counted.
const MAX_NONFINITE: usize = 1000;

pub async fn query(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let tag = asked.tag()?;
    let axis = match asked.horizontal()? {
        Horizontal::Own(axis) => json!(axis),
        Horizontal::Metric(_) => json!("metric"),
    };
    let series = series(&app, &experiment, &asked).await?;
    Ok(match asked.format {
        Format::Json => axum::Json(as_json(&tag, &axis, &series)).into_response(),
        Format::Columns => format::columns(as_columns(&asked, &tag, &axis, &series)),
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

/// What a chart of one tag shows.
pub async fn series(app: &AppState, experiment: &str, asked: &Asked) -> Answer<Vec<ScalarSeries>> {
    match asked.horizontal()? {
        Horizontal::Own(axis) => Ok(app
            .store()
            .scalars(&app.actor(), experiment, &asked.query(axis)?)
            .await?),
        Horizontal::Metric(_) => {
            let (columns, weight) = (asked.columns()?, asked.smoothing()?);
            let window = asked.window()?;
            let all = lines(app, experiment, asked, &asked.tag()?).await?;
            off_thread(move || {
                all.into_iter()
                    .map(|line| over_metric(line, window, columns, weight))
                    .collect()
            })
            .await
        }
    }
}

/// A line over a metric keeps the order of its steps: where the metric goes back, so does the line.
fn over_metric(
    line: Line,
    (from, to): (Option<f64>, Option<f64>),
    columns: Option<usize>,
    weight: f64,
) -> ScalarSeries {
    let Line { run, x, points } = line;
    let smoothed = smooth_line(&points.values, weight);
    let inside = |x: f64| from.is_none_or(|from| x >= from) && to.is_none_or(|to| x <= to);
    let shown: Vec<usize> = (0..x.len()).filter(|&index| inside(x[index])).collect();
    let at = |column: &[f64], picked: &[usize]| -> Vec<f64> { picked.iter().map(|&index| column[index]).collect() };
    let broken: Vec<usize> = shown
        .iter()
        .copied()
        .filter(|&index| !points.values[index].is_finite())
        .collect();
    let kept: Vec<usize> = match columns {
        Some(columns) if shown.len() > 4 * columns => thin_trace(&at(&x, &shown), &at(&points.values, &shown), columns)
            .into_iter()
            .map(|index| shown[index])
            .collect(),
        _ => shown.clone(),
    };
    let Columns { steps, walls, values } = points.pick(&kept);
    ScalarSeries {
        run,
        mode: if kept.len() == shown.len() {
            Mode::Raw
        } else {
            Mode::Buckets
        },
        total: shown.len(),
        x: at(&x, &kept),
        smooth: at(&smoothed, &kept),
        y: values,
        step: steps,
        wall: walls,
        nonfinite: broken
            .iter()
            .take(MAX_NONFINITE)
            .map(|&index| NonFinite {
                x: x[index],
                kind: kind(points.values[index]),
            })
            .collect(),
        nonfinite_total: broken.len(),
    }
}

/// The word for a value that is no number.
pub fn kind(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

fn as_json(tag: &str, axis: &Value, series: &[ScalarSeries]) -> Value {
    let series: Vec<Value> = series
        .iter()
        .map(|s| {
            json!({
                "run": s.run, "mode": s.mode, "total": s.total, "x": s.x, "y": s.y, "smooth": s.smooth,
                "step": s.step, "wall": s.wall, "nonfinite": s.nonfinite, "nonfinite_total": s.nonfinite_total,
            })
        })
        .collect();
    json!({ "tag": tag, "axis": axis, "series": series })
}

fn as_columns(asked: &Asked, tag: &str, axis: &Value, series: &[ScalarSeries]) -> Vec<u8> {
    let meta: Vec<Value> = series
        .iter()
        .map(|s| {
            json!({
                "run": s.run, "mode": s.mode, "total": s.total,
                "nonfinite": s.nonfinite, "nonfinite_total": s.nonfinite_total,
            })
        })
        .collect();
    let mut file = Writer::new()
        .meta("tag", tag)
        .meta("axis", axis.clone())
        .meta("series", meta);
    for (i, s) in series.iter().enumerate() {
        let shape = [s.x.len()];
        file = file.f64(&format!("{i}/x"), &shape, &s.x);
        for (field, column) in [("y", &s.y), ("smooth", &s.smooth)] {
            if asked.has(field) {
                file = file.f64(&format!("{i}/{field}"), &shape, column);
            }
        }
        if asked.has("step") {
            file = file.i64(&format!("{i}/step"), &shape, &s.step);
        }
        if asked.has("wall") {
            file = file.f64(&format!("{i}/wall"), &shape, &s.wall);
        }
    }
    file.finish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_over_a_metric_goes_where_the_metric_goes() {
        let mut points = Columns::default();
        for step in 0..1000 {
            points.push(step, step as f64, if step == 300 { 9.0 } else { 1.0 });
        }
        let x: Vec<f64> = (0..1000).map(|i| f64::from(500 - (i - 500_i32).abs())).collect();
        let line = || Line {
            run: "a".to_owned(),
            x: x.clone(),
            points: points.clone(),
        };
        let whole = over_metric(line(), (None, None), Some(50), 0.0);
        assert_eq!((whole.mode, whole.total), (Mode::Buckets, 1000));
        assert!(whole.step.is_sorted() && !whole.x.is_sorted());
        assert!(whole.y.contains(&9.0) && whole.x.contains(&500.0));
        let zoom = over_metric(line(), (Some(490.0), None), Some(50), 0.0);
        assert_eq!((zoom.mode, zoom.total), (Mode::Raw, 21));
    }
}
