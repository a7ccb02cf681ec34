//! Small charts of the tags that several of the compared runs have, drawn by the server.

use std::collections::BTreeMap;

use glassboard_store::logs::{Axis, ScalarQuery};

use super::page::Compared;
use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// Charts at most; each costs a query an experiment.
const MOST: usize = 12;
const COLUMNS: usize = 160;
const WIDE: f64 = 300.0;
const TALL: f64 = 120.0;

/// One line: the run's place in the comparison, and SVG path data.
pub struct Line {
    pub slot: usize,
    pub path: String,
}

/// One chart in a box of 300 × 120.
pub struct Chart {
    pub tag: String,
    pub lines: Vec<Line>,
    pub low: String,
    pub high: String,
    pub last_step: String,
    pub words: String,
}

/// Charts of `tags`, in their order.
pub async fn charts(app: &AppState, runs: &[Compared], tags: &[String]) -> Answer<Vec<Chart>> {
    let mut of_experiment: BTreeMap<&str, Vec<&Compared>> = BTreeMap::new();
    for run in runs {
        of_experiment.entry(&run.experiment).or_default().push(run);
    }
    let mut charts = Vec::new();
    for tag in tags.iter().take(MOST) {
        let mut lines: Vec<(usize, Vec<(f64, f64)>)> = Vec::new();
        for (experiment, runs) in &of_experiment {
            let having = runs.iter().filter(|run| run.record.metrics.contains_key(tag));
            let ids: Vec<String> = having.map(|run| run.record.summary.id.clone()).collect();
            if ids.is_empty() {
                continue;
            }
            let query = ScalarQuery {
                tag: tag.clone(),
                runs: Some(ids),
                axis: Axis::Step,
                from: None,
                to: None,
                columns: Some(COLUMNS),
                smoothing: 0.0,
                superseded: false,
            };
            for series in app.store().scalars(&app.actor(), experiment, &query).await? {
                let Some(run) = runs.iter().find(|run| run.record.summary.id == series.run) else {
                    continue;
                };
                let points = series.x.iter().copied().zip(series.y.iter().copied());
                lines.push((run.slot, points.filter(|(_, y)| y.is_finite()).collect()));
            }
        }
        lines.sort_by_key(|(slot, _)| *slot);
        charts.extend(draw(tag, &lines));
    }
    Ok(charts)
}

fn draw(tag: &str, lines: &[(usize, Vec<(f64, f64)>)]) -> Option<Chart> {
    let range = |of: fn(&(f64, f64)) -> f64| {
        let all = lines.iter().flat_map(|(_, points)| points).map(of);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        })
    };
    let ((x0, x1), (y0, y1)) = (range(|p| p.0), range(|p| p.1));
    // One point is a number in the table, not a curve.
    if lines.iter().all(|(_, points)| points.len() < 2) || x1 <= x0 {
        return None;
    }
    let tall = if y1 > y0 { y1 - y0 } else { 1.0 };
    let at = |(x, y): &(f64, f64)| {
        format!(
            "{:.1},{:.1}",
            (x - x0) / (x1 - x0) * WIDE,
            TALL - 2.0 - (y - y0) / tall * (TALL - 4.0)
        )
    };
    Some(Chart {
        tag: tag.to_owned(),
        lines: lines
            .iter()
            .filter(|(_, points)| !points.is_empty())
            .map(|(slot, points)| Line {
                slot: *slot,
                path: format!("M{}", points.iter().map(at).collect::<Vec<_>>().join("L")),
            })
            .collect(),
        low: text::value(y0),
        high: text::value(y1),
        last_step: text::integer(x1 as i64),
        words: format!(
            "{tag} of {} from {} to {} over {} steps",
            text::count(lines.len() as i64, "run"),
            text::value(y0),
            text::value(y1),
            text::integer((x1 - x0) as i64)
        ),
    })
}
