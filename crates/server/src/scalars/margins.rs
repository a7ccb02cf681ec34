//! `GET /experiments/{exp}/margins`: a value inside a band, three tags read at the same steps.

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_model::columns::Writer;
use glassboard_series::{Align, Columns, Reader, one_per_step, thin_trace};
use glassboard_store::logs::Axis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{Asked, Horizontal};
use super::raw::{off_thread, raw};
use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// The three tags.
#[derive(Debug, Deserialize)]
pub struct Three {
    value: String,
    lower: String,
    upper: String,
}

/// A run's value and its borders; the columns are of one length, in order of step.
#[derive(Debug, Default, PartialEq)]
struct Margin {
    run: String,
    whole: bool,
    /// Points in the window.
    total: usize,
    /// Points of the run at whose step one of the borders has none.
    bare: usize,
    x: Vec<f64>,
    points: Columns,
    lower: Vec<f64>,
    upper: Vec<f64>,
}

pub async fn query(
    State(app): State<AppState>,
    Path(experiment): Path<String>,
    Query(asked): Query<Asked>,
    Query(three): Query<Three>,
) -> Answer {
    let Horizontal::Own(axis) = asked.horizontal()? else {
        return Err(Problem::bad_request(
            "A band has no axis of another metric: step, relative and wall are its axes.",
        ));
    };
    let (columns, window) = (asked.columns()?, asked.window()?);
    let value = raw(&app, &experiment, &asked, &three.value).await?;
    let mut borders = Vec::new();
    for tag in [&three.lower, &three.upper] {
        let found = raw(&app, &experiment, &asked, tag).await?;
        borders.push(found.into_iter().map(|one| (one.run, one.points)).collect());
    }
    let margins = off_thread(move || {
        let [lower, upper]: &[HashMap<String, Columns>; 2] = &borders.try_into().unwrap_or_default();
        value
            .into_iter()
            .map(|one| {
                let (low, high) = (lower.get(&one.run), upper.get(&one.run));
                let whole = joined(one.run, &one.points, low, high, axis);
                drawn(whole, window, columns)
            })
            .collect::<Vec<_>>()
    })
    .await?;
    Ok(match asked.format {
        Format::Json => axum::Json(as_json(&three, axis, &margins)).into_response(),
        Format::Columns => format::columns(as_columns(&three, axis, &margins)),
        Format::Csv => {
            let runs = app.store().runs(&app.actor(), &experiment).await?;
            let names: HashMap<String, String> = runs.into_iter().map(|run| (run.id, run.title)).collect();
            format::csv(as_csv(&three, &margins, &names))
        }
    })
}

/// The value with what the borders have at its steps; NaN where they have nothing.
fn joined(run: String, value: &Columns, lower: Option<&Columns>, upper: Option<&Columns>, axis: Axis) -> Margin {
    let points = one_per_step(value);
    let read = |border: Option<&Columns>| -> Vec<f64> {
        let border = border.map(one_per_step).unwrap_or_default();
        let mut reader = Reader::new(&border, Align::Exact);
        points
            .steps
            .iter()
            .map(|&step| reader.read(step).unwrap_or(f64::NAN))
            .collect()
    };
    let (lower, upper) = (read(lower), read(upper));
    let first = points
        .walls
        .iter()
        .copied()
        .find(|wall| wall.is_finite())
        .unwrap_or(0.0);
    let x = match axis {
        Axis::Step => points.steps.iter().map(|&step| step as f64).collect(),
        Axis::Relative => points.walls.iter().map(|wall| wall - first).collect(),
        Axis::Wall => points.walls.clone(),
    };
    Margin {
        run,
        whole: true,
        total: points.len(),
        bare: lower
            .iter()
            .zip(&upper)
            .filter(|(low, high)| low.is_nan() || high.is_nan())
            .count(),
        x,
        points,
        lower,
        upper,
    }
}

/// What a picture of so many columns needs of it: every extreme of the line and of both borders.
fn drawn(whole: Margin, (from, to): (Option<f64>, Option<f64>), columns: Option<usize>) -> Margin {
    let inside = |x: f64| from.is_none_or(|from| x >= from) && to.is_none_or(|to| x <= to);
    let shown: Vec<usize> = (0..whole.x.len()).filter(|&index| inside(whole.x[index])).collect();
    let at = |column: &[f64], picked: &[usize]| -> Vec<f64> { picked.iter().map(|&index| column[index]).collect() };
    let kept = match columns {
        Some(columns) if shown.len() > 4 * columns => {
            let x = at(&whole.x, &shown);
            let mut kept: Vec<usize> = [&whole.points.values, &whole.lower, &whole.upper]
                .iter()
                .flat_map(|line| thin_trace(&x, &at(line, &shown), columns))
                .map(|index| shown[index])
                .collect();
            kept.sort_unstable();
            kept.dedup();
            kept
        }
        _ => shown.clone(),
    };
    Margin {
        whole: kept.len() == shown.len(),
        total: shown.len(),
        bare: whole.bare,
        x: at(&whole.x, &kept),
        lower: at(&whole.lower, &kept),
        upper: at(&whole.upper, &kept),
        points: whole.points.pick(&kept),
        run: whole.run,
    }
}

fn mode(margin: &Margin) -> &'static str {
    if margin.whole { "raw" } else { "buckets" }
}

fn as_json(three: &Three, axis: Axis, margins: &[Margin]) -> Value {
    let series: Vec<Value> = margins
        .iter()
        .map(|m| {
            json!({
                "run": m.run, "mode": mode(m), "total": m.total, "bare": m.bare, "x": m.x, "value": m.points.values,
                "lower": m.lower, "upper": m.upper, "step": m.points.steps, "wall": m.points.walls,
            })
        })
        .collect();
    json!({ "value": three.value, "lower": three.lower, "upper": three.upper, "axis": axis, "series": series })
}

fn as_columns(three: &Three, axis: Axis, margins: &[Margin]) -> Vec<u8> {
    let meta: Vec<Value> = margins
        .iter()
        .map(|m| json!({ "run": m.run, "mode": mode(m), "total": m.total, "bare": m.bare }))
        .collect();
    let mut file = Writer::new()
        .meta("value", three.value.as_str())
        .meta("axis", json!(axis))
        .meta("series", meta);
    for (i, m) in margins.iter().enumerate() {
        let shape = [m.x.len()];
        let floats = [
            ("x", &m.x),
            ("value", &m.points.values),
            ("lower", &m.lower),
            ("upper", &m.upper),
        ];
        for (name, column) in floats {
            file = file.f64(&format!("{i}/{name}"), &shape, column);
        }
        file = file.i64(&format!("{i}/step"), &shape, &m.points.steps);
    }
    file.finish()
}

fn as_csv(three: &Three, margins: &[Margin], names: &HashMap<String, String>) -> String {
    let mut out = format!(
        "run,step,wall_time,{},{},{}\n",
        format::cell(&three.value),
        format::cell(&three.lower),
        format::cell(&three.upper)
    );
    for m in margins {
        let name = format::cell(names.get(&m.run).unwrap_or(&m.run));
        for i in 0..m.x.len() {
            // Writing to a String cannot fail.
            let _ok = writeln!(
                out,
                "{name},{},{},{},{},{}",
                m.points.steps[i], m.points.walls[i], m.points.values[i], m.lower[i], m.upper[i]
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(points: impl Iterator<Item = (i64, f64)>) -> Columns {
        let mut columns = Columns::default();
        for (step, value) in points {
            columns.push(step, 100.0 + 2.0 * step as f64, value);
        }
        columns
    }

    #[test]
    fn borders_are_read_at_the_steps_of_the_value() {
        let value = columns((0..4).map(|step| (step, 1.0)));
        let lower = columns((0..3).map(|step| (step, 0.5)));
        let upper = columns((1..9).map(|step| (step, 2.0)));
        let found = joined("a".to_owned(), &value, Some(&lower), Some(&upper), Axis::Relative);
        assert_eq!((found.bare, &found.x), (2, &vec![0.0, 2.0, 4.0, 6.0]));
        assert!(found.upper[0].is_nan() && found.lower[3].is_nan() && (found.lower[1] - 0.5).abs() < 1e-12);
        let none = joined("a".to_owned(), &value, None, Some(&upper), Axis::Step);
        assert_eq!(none.bare, 4);
    }

    #[test]
    fn no_extreme_of_a_border_is_lost() {
        let flat = |spike: i64, height: f64| {
            columns((0..10_000).map(move |step| (step, if step == spike { height } else { 0.0 })))
        };
        let (value, low, high) = (flat(1234, 5.0), flat(4321, -9.0), flat(777, 8.0));
        let whole = joined("a".to_owned(), &value, Some(&low), Some(&high), Axis::Step);
        let few = drawn(whole, (None, None), Some(100));
        assert!(!few.whole && few.x.len() < 1300, "{}", few.x.len());
        assert!(few.points.values.contains(&5.0) && few.lower.contains(&-9.0) && few.upper.contains(&8.0));
        let whole = joined("a".to_owned(), &value, Some(&low), Some(&high), Axis::Step);
        let near = drawn(whole, (Some(700.0), Some(800.0)), Some(100));
        assert!(near.whole && near.total == 101 && near.upper.contains(&8.0));
    }
}
