//! `GET /experiments/{exp}/pr-curves`: one tag, many runs, the curve of each at a step of its own.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_model::columns::Writer;
use glassboard_store::StoreError;
use glassboard_store::logs::{Kind, RecordHead};
use serde::Deserialize;
use serde_json::{Value, json};

use super::curve::{Curve, read};
use crate::extract::{Path, Query};
use crate::format::{self, Format};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

/// Runs of one answer.
const MOST: usize = 500;
/// Names of the four counts, in the order they are stored.
const COUNTS: [&str; 4] = ["tp", "fp", "tn", "fn"];

#[derive(Debug, Deserialize)]
pub struct Asked {
    tag: String,
    /// Left out: every run that has the tag.
    runs: Option<String>,
    /// One step for all, or one for each of `runs`; an empty one is the newest.
    at: Option<String>,
    #[serde(default)]
    format: Format,
}

/// A run's steps, and the curves that were asked for.
struct Series {
    run: String,
    name: String,
    steps: Vec<i64>,
    walls: Vec<f64>,
    curves: Vec<Curve>,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let runs = runs(&app, &experiment, &asked).await?;
    let at = steps(asked.at.as_deref(), runs.len())?;
    // A file without steps is of all of them; a picture shows one of each run.
    let every = asked.format == Format::Csv && asked.at.is_none();
    let mut all = Vec::with_capacity(runs.len());
    for ((run, name), at) in runs.into_iter().zip(at) {
        let heads = match app
            .store()
            .record_heads(&app.actor(), &experiment, &run, &asked.tag)
            .await
        {
            // A run that has no such tag has no curve in the picture.
            Err(StoreError::NotFound { what: "tag", .. }) => continue,
            heads => heads?,
        };
        let (steps, walls) = heads.iter().map(|head| (head.step, head.wall)).unzip();
        let wanted = if every {
            heads
        } else {
            chosen(&heads, at).into_iter().collect()
        };
        all.push(Series {
            run,
            name,
            steps,
            walls,
            curves: read(&app, wanted).await?,
        });
    }
    Ok(match asked.format {
        Format::Json => axum::Json(as_json(&asked.tag, &all)).into_response(),
        Format::Columns => format::columns(as_columns(&asked.tag, &all)),
        Format::Csv => format::csv(as_csv(&all)),
    })
}

/// Ids and names of the runs asked for that have the tag.
async fn runs(app: &AppState, experiment: &str, asked: &Asked) -> Answer<Vec<(String, String)>> {
    let tags = app.store().tags(&app.actor(), experiment, Some(Kind::PrCurve)).await?;
    let Some(tag) = tags.into_iter().find(|tag| tag.tag == asked.tag) else {
        return Err(Problem::not_found(format!(
            "No tag {:?} holds precision-recall curves.",
            asked.tag
        )));
    };
    let ids: Vec<String> = match &asked.runs {
        None => tag.runs,
        Some(list) => list.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
    };
    if ids.len() > MOST {
        return Err(Problem::bad_request(format!(
            "{} runs are asked for; {MOST} is the most of one request. Name fewer in `runs`.",
            ids.len()
        )));
    }
    let known = app.store().runs(&app.actor(), experiment).await?;
    let name = |id: &str| known.iter().find(|run| run.id == id).map(|run| run.title.clone());
    Ok(ids
        .into_iter()
        .map(|id| {
            let name = name(&id).unwrap_or_else(|| id.clone());
            (id, name)
        })
        .collect())
}

/// The step of each run; `None` is the newest.
fn steps(at: Option<&str>, runs: usize) -> Answer<Vec<Option<i64>>> {
    let Some(at) = at else { return Ok(vec![None; runs]) };
    let given: Vec<Option<i64>> = at
        .split(',')
        .map(|step| match step {
            "" => Ok(None),
            step => step
                .parse()
                .map(Some)
                .map_err(|_| Problem::bad_request(format!("`at` says {step:?}; a step is a whole number."))),
        })
        .collect::<Answer<_>>()?;
    match given[..] {
        [one] => Ok(vec![one; runs]),
        _ if given.len() == runs => Ok(given),
        _ => Err(Problem::bad_request(format!(
            "`at` has {} for {}: give one for all, or one for each.",
            text::count(given.len() as i64, "step"),
            text::count(runs as i64, "run")
        ))),
    }
}

/// The last value at or before a step; the first where all are later.
fn chosen(heads: &[RecordHead], at: Option<i64>) -> Option<RecordHead> {
    let before = |at: i64| heads.iter().rev().find(|head| head.step <= at);
    at.map_or(heads.last(), |at| before(at).or(heads.first())).cloned()
}

fn as_json(tag: &str, all: &[Series]) -> Value {
    let series: Vec<Value> = all
        .iter()
        .map(|one| {
            let curve = one.curves.first().map(|c| {
                json!({
                    "step": c.step, "wall": c.wall, "area": c.area, "thresholds": c.thresholds,
                    "precision": c.precision, "recall": c.recall,
                    "tp": c.counts[0], "fp": c.counts[1], "tn": c.counts[2], "fn": c.counts[3],
                })
            });
            json!({ "run": one.run, "steps": one.steps, "walls": one.walls, "curve": curve })
        })
        .collect();
    json!({ "tag": tag, "series": series })
}

fn as_columns(tag: &str, all: &[Series]) -> Vec<u8> {
    let meta: Vec<Value> = all
        .iter()
        .map(|one| {
            let curve = one
                .curves
                .first()
                .map(|c| json!({ "step": c.step, "wall": c.wall, "area": c.area }));
            json!({ "run": one.run, "curve": curve })
        })
        .collect();
    let mut file = Writer::new().meta("tag", tag).meta("series", meta);
    for (i, one) in all.iter().enumerate() {
        let shape = [one.steps.len()];
        file = file
            .i64(&format!("{i}/steps"), &shape, &one.steps)
            .f64(&format!("{i}/walls"), &shape, &one.walls);
        let Some(curve) = one.curves.first() else { continue };
        let shape = [curve.thresholds.len()];
        let floats = [
            ("thresholds", &curve.thresholds),
            ("precision", &curve.precision),
            ("recall", &curve.recall),
        ];
        for (name, column) in floats {
            file = file.f64(&format!("{i}/{name}"), &shape, column);
        }
        for (name, column) in COUNTS.iter().zip(&curve.counts) {
            file = file.i64(&format!("{i}/{name}"), &shape, column);
        }
    }
    file.finish()
}

fn as_csv(all: &[Series]) -> String {
    let mut out = String::from("run,step,wall_time,threshold,precision,recall,tp,fp,tn,fn\n");
    for one in all {
        let name = format::cell(&one.name);
        for c in &one.curves {
            let [tp, fp, tn, fn_] = &c.counts;
            for i in 0..c.thresholds.len() {
                // Writing to a String cannot fail.
                let _ok = writeln!(
                    out,
                    "{name},{},{},{},{},{},{},{},{},{}",
                    c.step, c.wall, c.thresholds[i], c.precision[i], c.recall[i], tp[i], fp[i], tn[i], fn_[i]
                );
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_is_for_all_and_others_are_counted() {
        assert_eq!(steps(None, 2).unwrap(), [None, None]);
        assert_eq!(steps(Some("7"), 2).unwrap(), [Some(7), Some(7)]);
        assert_eq!(steps(Some(",-3"), 2).unwrap(), [None, Some(-3)]);
        assert!(
            steps(Some("1,2,3"), 2)
                .unwrap_err()
                .detail
                .contains("3 steps for 2 runs")
        );
        assert!(steps(Some("late"), 1).is_err());
    }
}
