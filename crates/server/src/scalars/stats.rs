//! `GET /experiments/{exp}/stats`: what happened to each run in a window, exactly, and where it went wrong.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_series::{Fault, divergence, stretch};
use serde_json::{Value, json};

use super::ask::Asked;
use super::raw::{Line, lines, off_thread};
use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::problem::Answer;
use crate::state::AppState;

pub async fn query(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let tag = asked.tag()?;
    let (from, to) = asked.window()?;
    let lines = lines(&app, &experiment, &asked, &tag).await?;
    let rows: Vec<Value> = off_thread(move || lines.iter().map(|line| row(line, from, to)).collect()).await?;
    Ok(if asked.format == Format::Csv {
        let runs = app.store().runs(&app.actor(), &experiment).await?;
        let name = |id: &Value| {
            let id = id.as_str().unwrap_or_default();
            runs.iter()
                .find(|run| run.id == id)
                .map_or(id.to_owned(), |run| run.name.clone())
        };
        format::csv(as_csv(&rows, name))
    } else {
        axum::Json(json!({ "tag": tag, "series": rows })).into_response()
    })
}

/// Points of the window; a line over a metric may come back, so what is outside is left out one by one.
fn row(line: &Line, from: Option<f64>, to: Option<f64>) -> Value {
    let inside = |x: f64| from.is_none_or(|from| x >= from) && to.is_none_or(|to| x <= to);
    let shown: Vec<usize> = (0..line.x.len()).filter(|&index| inside(line.x[index])).collect();
    let values: Vec<f64> = shown.iter().map(|&index| line.points.values[index]).collect();
    let found = stretch(&values, 0, values.len());
    let point = |at: Option<usize>| {
        at.map(|at| {
            let index = shown[at];
            json!({ "x": line.x[index], "step": line.points.steps[index], "value": line.points.values[index] })
        })
    };
    // Where it went wrong is a matter of the whole run, not of the window.
    let fault = divergence(&line.points.values).map(|(index, fault)| {
        let value = line.points.values[index];
        let kind = match fault {
            Fault::Explosion => "explosion",
            Fault::Nan | Fault::Infinite => super::query::kind(value),
        };
        json!({ "kind": kind, "x": line.x[index], "step": line.points.steps[index], "value": value })
    });
    let (start, end) = (found.first.map(|at| values[at]), found.last.map(|at| values[at]));
    let change = start.zip(end).and_then(|(start, end)| percent(start, end));
    json!({
        "run": line.run, "n": found.n, "nonfinite": found.nonfinite, "start": point(found.first),
        "end": point(found.last), "min": point(found.least), "max": point(found.most), "mean": found.mean,
        "change": change, "fault": fault,
    })
}

/// From `start` to `end` in percent of the size of `start`; none from zero.
fn percent(start: f64, end: f64) -> Option<f64> {
    Some((end - start) / start.abs() * 100.0).filter(|change| change.is_finite())
}

fn as_csv(rows: &[Value], name: impl Fn(&Value) -> String) -> String {
    let mut out =
        String::from("run,points,start_step,start,end_step,end,min_step,min,max_step,max,mean,change_percent\n");
    let written = |value: &Value| {
        if value.is_null() {
            String::new()
        } else {
            value.to_string()
        }
    };
    for row in rows {
        let _ok = write!(out, "{},{}", format::cell(&name(&row["run"])), row["n"]);
        for end in ["start", "end", "min", "max"] {
            let _ok = write!(out, ",{},{}", written(&row[end]["step"]), written(&row[end]["value"]));
        }
        let _ok = writeln!(out, ",{},{}", written(&row["mean"]), written(&row["change"]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use glassboard_series::Columns;

    #[test]
    fn a_row_says_start_end_extremes_and_change() {
        let points = Columns {
            steps: vec![0, 10, 20, 30],
            walls: vec![0.0; 4],
            values: vec![-4.0, f64::NAN, 2.0, -1.0],
        };
        let line = Line {
            run: "a".to_owned(),
            x: vec![0.0, 10.0, 20.0, 30.0],
            points,
        };
        let all = row(&line, None, None);
        assert_eq!((&all["n"], &all["nonfinite"]), (&json!(4), &json!(1)));
        assert_eq!((&all["min"]["step"], &all["max"]["step"]), (&json!(0), &json!(20)));
        assert_eq!((&all["change"], &all["fault"]["kind"]), (&json!(75.0), &json!("nan")));
        let late = row(&line, Some(15.0), Some(25.0));
        assert_eq!(
            (&late["n"], &late["start"]["value"], &late["change"]),
            (&json!(1), &json!(2.0), &json!(0.0))
        );
        assert_eq!(
            late["fault"]["step"],
            json!(10),
            "what went wrong is said whatever the window"
        );
        assert_eq!(percent(0.0, 1.0), None);
    }
}
