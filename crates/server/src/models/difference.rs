//! The page of two checkpoints: their weights, their explanations, their figures.

use askama::Template;
use axum::extract::State;
use glassboard_store::{CheckpointRow, ComparisonRow, InputRow, ModelDetail};
use serde::Deserialize;
use serde_json::Value;

use super::weights_table::{Weights, weights};
use super::{Of, label};
use crate::extract::{Path, Query};
use crate::page::Shell;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::text;

/// Keys of the address.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Number, label or hash of a checkpoint, of this model or of another.
    a: Option<String>,
    b: Option<String>,
    /// `changed`: the most changed tensors first.
    sort: Option<String>,
    /// The table whose rows give the figures.
    table: Option<String>,
}

/// A checkpoint that can be chosen.
pub struct Choice {
    pub id: i64,
    pub label: String,
    pub is_a: bool,
    pub is_b: bool,
}

/// The checkpoints of one model.
pub struct Group {
    pub model: String,
    pub slug: String,
    pub choices: Vec<Choice>,
}

/// One of the two.
pub struct Side {
    /// Slug of its model.
    pub model: String,
    pub checkpoint: i64,
    /// As a chip says it.
    pub label: String,
    pub parameters: String,
    pub runs: bool,
}

/// A figure of both.
pub struct Figure {
    pub title: String,
    pub arrow: &'static str,
    pub a: String,
    pub b: String,
    pub difference: String,
    pub interval: String,
    /// The one that is better, where the interval leaves out zero.
    pub better: Option<char>,
}

/// The figures that are known.
pub struct Figures {
    pub name: String,
    pub rows: String,
    pub draws: String,
    pub list: Vec<Figure>,
    pub said: Vec<String>,
}

/// A table that gives figures.
pub struct Table {
    pub slug: String,
    pub name: String,
    pub on: bool,
}

/// What the page shows beside the head.
pub struct Difference {
    pub a: Side,
    pub b: Side,
    pub groups: Vec<Group>,
    /// The same page with A and B swapped.
    pub swapped: String,
    pub weights: Option<Weights>,
    /// Why there are no weights to compare.
    pub weights_error: Option<String>,
    pub by_graph: String,
    pub by_change: String,
    pub changed_first: bool,
    pub figures: Option<Figures>,
    pub figures_error: Option<String>,
    pub tables: Vec<Table>,
    /// What is known of the drift before a script draws it: the method, and sentences.
    pub drift: Option<(String, Vec<String>)>,
    pub same: bool,
}

pub async fn difference_page(
    State(app): State<AppState>,
    shell: Shell,
    Path(m): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let detail = app.store().model(app.actor(), &m).await?;
    let all = app.store().models(app.actor()).await?;
    let difference = difference(&app, &detail, &all, &asked).await?;
    let here = format!("{} and {}", difference.a.label, difference.b.label);
    super::page::show_difference(app, shell, detail, &Of { checkpoint: None }, here, difference).await
}

async fn difference(app: &AppState, detail: &ModelDetail, all: &[ModelDetail], asked: &Asked) -> Answer<Difference> {
    let ready: Vec<&CheckpointRow> = detail.checkpoints.iter().filter(|c| c.state == "ready").collect();
    // What can be run is of more use here than tensors alone.
    let runs = |c: &&CheckpointRow| c.run_hash.is_some();
    let newest = ready.iter().copied().rfind(runs).or(ready.last().copied());
    let none = || {
        Problem::not_found(format!(
            "Model `{}` has no checkpoint that was read.",
            detail.model.slug
        ))
    };
    let (model_b, b) = match named(all, detail, asked.b.as_deref())? {
        Some(found) => found,
        None => (detail, newest.ok_or_else(none)?),
    };
    // The one before B; with B from elsewhere, the newest.
    let before = ready.iter().position(|c| c.id == b.id).unwrap_or(ready.len());
    let earlier = || ready[..before].iter().copied();
    let first = || earlier().rfind(runs).or(earlier().next_back()).or(newest);
    let (model_a, a) = match named(all, detail, asked.a.as_deref())? {
        Some(found) => found,
        None => (detail, first().ok_or_else(none)?),
    };
    let (store, actor) = (app.store(), app.actor());
    let weights_row = store
        .comparisons_of(actor, "weights", a.id, b.id)
        .await?
        .into_iter()
        .next();
    let changed_first = asked.sort.as_deref() == Some("changed");
    let tables: Vec<InputRow> = store
        .inputs(actor, None)
        .await?
        .into_iter()
        .filter(|input| input.kind == "table" && input.facts()["target_column"].is_string())
        .filter(|input| takes(model_b, input) || takes(model_a, input))
        .collect();
    let chosen = tables
        .iter()
        .find(|table| asked.table.as_deref() == Some(table.slug.as_str()))
        .or(tables.first());
    let mut metrics = store.comparisons_of(actor, "metrics", a.id, b.id).await?;
    if let Some(table) = &asked.table {
        metrics.retain(|row| {
            row.question()
                .is_ok_and(|asked| asked["inputs"][0]["input"] == table.as_str())
        });
    }
    let metrics = metrics.into_iter().next();
    let address = |x: &CheckpointRow, y: &CheckpointRow, sort: bool| {
        let slug = text::encode(&detail.model.slug);
        let tail = if sort { "&sort=changed" } else { "" };
        app.url(&format!("/models/{slug}/difference?a={}&b={}{tail}", x.id.0, y.id.0))
    };
    Ok(Difference {
        same: a.id == b.id,
        drift: done(store.comparisons_of(actor, "drift", a.id, b.id).await?.first())?.map(|found| {
            let title = found["title"].as_str().unwrap_or_default().to_owned();
            (title, sentences(&found, "sentences"))
        }),
        groups: groups(all, detail, a, b),
        swapped: address(b, a, changed_first),
        by_graph: address(a, b, false),
        by_change: address(a, b, true),
        changed_first,
        weights_error: failed(weights_row.as_ref()),
        weights: done(weights_row.as_ref())?.map(|found| weights(&found, changed_first)),
        figures_error: failed(metrics.as_ref()),
        figures: figures(metrics.as_ref())?,
        tables: tables
            .iter()
            .map(|table| Table {
                slug: table.slug.clone(),
                name: table.name.clone(),
                on: chosen.is_some_and(|c| c.slug == table.slug),
            })
            .collect(),
        a: side(model_a, a, detail),
        b: side(model_b, b, detail),
    })
}

/// Whether a table was given for a model, or for none in particular.
fn takes(detail: &ModelDetail, input: &InputRow) -> bool {
    let newest = detail.checkpoint(None).map(CheckpointRow::facts);
    let image = newest.is_some_and(|facts| facts["kind"] == "image");
    !image && input.model.as_ref().is_none_or(|model| *model == detail.model.slug)
}

/// The checkpoint of that number, label or hash: of `own`, else of any model.
fn named<'a>(
    all: &'a [ModelDetail],
    own: &'a ModelDetail,
    id: Option<&str>,
) -> Answer<Option<(&'a ModelDetail, &'a CheckpointRow)>> {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let mut models = std::iter::once(own).chain(all);
    let found = models.find_map(|detail| detail.checkpoint(Some(id)).map(|c| (detail, c)));
    found
        .map(Some)
        .ok_or_else(|| Problem::not_found(format!("There is no checkpoint `{id}`.")))
}

fn side(of: &ModelDetail, checkpoint: &CheckpointRow, page: &ModelDetail) -> Side {
    let own = of.model.id == page.model.id;
    let label = if own && page.checkpoints.len() > 1 {
        label(checkpoint)
    } else if of.checkpoints.len() > 1 {
        format!("{}, {}", of.model.name, label(checkpoint))
    } else {
        of.model.name.clone()
    };
    Side {
        model: of.model.slug.clone(),
        checkpoint: checkpoint.id.0,
        label,
        parameters: text::integer(checkpoint.parameters),
        runs: checkpoint.run_hash.is_some(),
    }
}

fn groups(all: &[ModelDetail], own: &ModelDetail, a: &CheckpointRow, b: &CheckpointRow) -> Vec<Group> {
    let others = all.iter().filter(|detail| detail.model.id != own.model.id);
    let group = |detail: &ModelDetail| Group {
        model: detail.model.name.clone(),
        slug: detail.model.slug.clone(),
        choices: detail
            .checkpoints
            .iter()
            .filter(|c| c.state == "ready")
            .map(|c| Choice {
                id: c.id.0,
                label: if detail.checkpoints.len() > 1 {
                    label(c)
                } else {
                    detail.model.name.clone()
                },
                is_a: c.id == a.id,
                is_b: c.id == b.id,
            })
            .collect(),
    };
    std::iter::once(own)
        .chain(others)
        .map(group)
        .filter(|group| !group.choices.is_empty())
        .collect()
}

fn done(row: Option<&ComparisonRow>) -> Answer<Option<Value>> {
    row.filter(|row| row.state == "done")
        .map(ComparisonRow::result)
        .transpose()
        .map_err(Problem::from)
}

fn failed(row: Option<&ComparisonRow>) -> Option<String> {
    row.filter(|row| row.state == "failed")
        .and_then(|row| row.error.clone())
}

fn figures(row: Option<&ComparisonRow>) -> Answer<Option<Figures>> {
    let Some((row, found)) = row.zip(done(row)?) else {
        return Ok(None);
    };
    let asked = row.question()?;
    let list = found["figures"].as_array().into_iter().flatten().map(|figure| {
        let number = |key: &str| figure[key].as_f64();
        let told = |key: &str| number(key).map_or_else(|| "–".to_owned(), digits);
        let higher = figure["better"] == "higher";
        let spans = figure["spans_zero"] == true;
        let ends = number("low").zip(number("high"));
        Figure {
            title: figure["title"].as_str().unwrap_or_default().to_owned(),
            arrow: if higher { "↑" } else { "↓" },
            a: told("a"),
            b: told("b"),
            difference: number("difference").map_or_else(|| "–".to_owned(), signed),
            interval: ends.map_or_else(
                || "not defined".to_owned(),
                |(low, high)| {
                    let tail = if spans { ", spans 0" } else { "" };
                    format!("{} to {}{tail}", digits(low), digits(high))
                },
            ),
            better: ends
                .filter(|_| !spans)
                .and(number("difference"))
                .map(|d| if (d > 0.0) == higher { 'b' } else { 'a' }),
        }
    });
    Ok(Some(Figures {
        name: asked["inputs"][0]["name"].as_str().unwrap_or_default().to_owned(),
        rows: text::integer(found["rows"].as_i64().unwrap_or(0)),
        draws: text::integer(found["draws"].as_i64().unwrap_or(0)),
        list: list.collect(),
        said: [sentences(&found, "sentences"), sentences(&found, "notes")].concat(),
    }))
}

fn sentences(found: &Value, key: &str) -> Vec<String> {
    let texts = found[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Four digits after the point, as figures between 0 and 1 are read; large ones in four digits in all.
fn digits(v: f64) -> String {
    let written = if v.abs() < 10.0 {
        format!("{v:.4}")
    } else {
        return text::value(v);
    };
    written.replace('-', "−")
}

fn signed(v: f64) -> String {
    if v > 0.0 { format!("+{}", digits(v)) } else { digits(v) }
}

/// Where a comparison is shown; none where its question names no model.
pub fn address(row: &ComparisonRow) -> Answer<Option<String>> {
    let asked = row.question()?;
    Ok(asked["b"]["model"].as_str().map(|model| {
        let model = text::encode(model);
        format!("/models/{model}/difference?a={}&b={}", row.a_id.0, row.b_id.0)
    }))
}

/// The page's own part, for the template.
#[derive(Template)]
#[template(path = "models/_difference.html")]
pub struct Part<'a> {
    pub shell: &'a Shell,
    pub slug: &'a str,
    pub d: &'a Difference,
}
