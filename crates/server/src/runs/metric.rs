//! Which metric speaks for an experiment where there is room for one.

use glassboard_store::Store;
use glassboard_store::logs::{Axis, Kind, ScalarQuery, TagSummary};

use crate::problem::Answer;
use crate::state::AppState;
use crate::text;

/// The experiment's headline: its main tag, the leading run's last value, and a little curve.
#[derive(Debug, Clone)]
pub struct Headline {
    pub tag: String,
    pub run: String,
    pub value: String,
    pub step: String,
    /// SVG path data in a 100 × 32 box; the area below it; and the last point.
    pub line: String,
    pub area: String,
}

/// The tag a list of runs shows: a validation score if there is one, else a loss, else the first.
pub fn main_tag(tags: &[TagSummary]) -> Option<&TagSummary> {
    let name = main_tag_of(tags.iter().map(|tag| (tag.tag.as_str(), tag.kind)))?;
    tags.iter().find(|tag| tag.tag == name && tag.kind == Kind::Scalar)
}

/// The same of names alone.
pub fn main_tag_of<'a>(tags: impl Iterator<Item = (&'a str, Kind)>) -> Option<&'a str> {
    tags.filter(|(_, kind)| *kind == Kind::Scalar)
        .map(|(tag, _)| tag)
        .min_by_key(|tag| rank(tag))
}

/// How much a tag speaks for its run, by its name: 0 the most.
pub fn rank(tag: &str) -> u8 {
    let name = tag.to_lowercase();
    let held_out = ["val", "test", "eval"].iter().any(|word| name.contains(word));
    let score = ["acc", "top1", "auc", "f1"].iter().any(|word| name.contains(word));
    // What `add_hparams` writes is one point a run: a result, not a curve.
    if name.starts_with("hparam") {
        return 5;
    }
    match (held_out, score, name.contains("loss")) {
        (true, true, _) => 0,
        (true, _, true) => 1,
        (_, true, _) => 2,
        (_, _, true) => 3,
        _ => 4,
    }
}

/// Whether smaller is better, by the tag's name.
pub fn smaller_is_better(tag: &str) -> bool {
    let name = tag.to_lowercase();
    ["loss", "error", "perplexity", "rmse", "mae"]
        .iter()
        .any(|word| name.contains(word))
}

/// The headline of `experiment`, of its latest run that has the main tag.
pub async fn headline(app: &AppState, experiment: &str) -> Answer<Option<Headline>> {
    let store: &Store = app.store();
    let tags = store.tags(&app.actor(), experiment, Some(Kind::Scalar)).await?;
    let Some(tag) = main_tag(&tags) else { return Ok(None) };
    let runs = store.runs(&app.actor(), experiment).await?;
    let latest = store.latest_values(&app.actor(), experiment, &tag.tag).await?;
    let newest = latest.iter().max_by(|(_, a), (_, b)| a.wall.total_cmp(&b.wall));
    let Some((run, value)) = newest else { return Ok(None) };
    let query = ScalarQuery {
        tag: tag.tag.clone(),
        runs: Some(vec![run.clone()]),
        axis: Axis::Step,
        from: None,
        to: None,
        columns: Some(60),
        smoothing: 0.6,
        superseded: false,
    };
    let series = store.scalars(&app.actor(), experiment, &query).await?;
    let points: Vec<(f64, f64)> = series
        .first()
        .map(|s| {
            s.x.iter()
                .copied()
                .zip(s.smooth.iter().copied())
                .filter(|(_, y)| y.is_finite())
                .collect()
        })
        .unwrap_or_default();
    let (line, area) = path(&points);
    Ok(Some(Headline {
        tag: tag.tag.clone(),
        run: runs
            .iter()
            .find(|r| &r.id == run)
            .map_or_else(|| run.clone(), |r| r.title.clone()),
        value: text::value(value.value),
        step: text::integer(value.step),
        line,
        area,
    }))
}

/// SVG path data of `points` in a box of 100 × 32.
fn path(points: &[(f64, f64)]) -> (String, String) {
    let low_high = |of: fn(&(f64, f64)) -> f64| {
        points
            .iter()
            .map(of)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            })
    };
    if points.len() < 2 {
        return (String::new(), String::new());
    }
    let ((x0, x1), (y0, y1)) = (low_high(|p| p.0), low_high(|p| p.1));
    let wide = if x1 > x0 { x1 - x0 } else { 1.0 };
    let tall = if y1 > y0 { y1 - y0 } else { 1.0 };
    let at = |(x, y): &(f64, f64)| format!("{:.1},{:.1}", (x - x0) / wide * 100.0, 31.0 - (y - y0) / tall * 30.0);
    let line = format!("M{}", points.iter().map(at).collect::<Vec<_>>().join("L"));
    let area = format!("{line}V32H0Z");
    (line, area)
}
