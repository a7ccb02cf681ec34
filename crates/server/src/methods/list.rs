//! `GET /methods?model=M&input=I`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_catalog::{
    Entry, Facts, Kind, Parameter, applies, data_methods, default_method, layer_methods, methods, row_methods,
};
use glassboard_graph::LayerGraph;
use serde::Deserialize;
use serde_json::{Value, json};

use super::estimate::calibration;
use crate::extract::Query;
use crate::models::{chosen, kind, layer_graph};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    model: Option<String>,
    checkpoint: Option<String>,
    input: Option<String>,
    /// `table`, for one that is not kept and has no slug.
    kind: Option<String>,
}

pub async fn list(State(app): State<AppState>, Query(asked): Query<Asked>) -> Answer {
    let facts = match asked.model.as_deref().filter(|slug| !slug.is_empty()) {
        Some(slug) => Some(facts(&app, slug, &asked).await?),
        None => None,
    };
    let calibration = match (
        &facts,
        &asked.model,
        asked.input.as_deref().filter(|slug| !slug.is_empty()),
    ) {
        (Some(facts), Some(model), Some(slug)) => {
            let input = app.store().input(app.actor(), slug).await?;
            let checkpoint = asked.checkpoint.as_deref();
            Some(calibration(&app, model, checkpoint, &input, facts.features).await?)
        }
        _ => None,
    };
    let first = facts.as_ref().map(default_method);
    let scopes: [(&str, &[Entry]); 4] = [
        ("input", methods()),
        ("row", row_methods()),
        ("set", data_methods()),
        ("layer", layer_methods()),
    ];
    let mut all = Vec::new();
    for (scope, entry) in scopes
        .iter()
        .flat_map(|(scope, all)| all.iter().map(move |entry| (scope, entry)))
    {
        let mut one = serde_json::to_value(entry).map_err(Problem::internal)?;
        one["parameters"] = entry
            .parameters
            .iter()
            .map(Parameter::to_json)
            .collect::<Vec<Value>>()
            .into();
        let fits = facts.as_ref().map_or(Ok(()), |facts| fits(entry, scope, facts));
        one["estimate"] = calibration
            .as_ref()
            .map_or(Value::Null, |known| known.estimate(entry, scope));
        one["scope"] = json!(scope);
        one["applies"] = json!(fits.is_ok());
        one["reason"] = json!(fits.err());
        one["default"] = json!(first.filter(|(name, _)| *name == entry.name).map(|(_, reason)| reason));
        all.push(one);
    }
    Ok(axum::Json(all).into_response())
}

/// Whether a method can be used as this API asks it.
fn fits(entry: &Entry, scope: &str, facts: &Facts) -> Result<(), String> {
    // Methods that take the input as one array are given no table of background rows.
    let alone = Facts {
        background: false,
        ..facts.clone()
    };
    applies(entry, if scope == "input" { &alone } else { facts })
}

/// Operators of a graph that is an ensemble of trees, or a linear model, and nothing else.
const TREES: [&str; 3] = ["TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"];
const LINEAR: [&str; 2] = ["LinearClassifier", "LinearRegressor"];
/// Operators beside them that change no number, or only the form of the answer.
const FORM: [&str; 8] = [
    "Identity",
    "Cast",
    "Reshape",
    "Flatten",
    "Squeeze",
    "ZipMap",
    "Normalizer",
    "Constant",
];

async fn facts(app: &AppState, slug: &str, asked: &Asked) -> Answer<Facts> {
    let detail = app.store().model(app.actor(), slug).await?;
    let row = chosen(&detail, asked.checkpoint.as_deref())?;
    let summary = row.facts();
    let kind = match kind(&summary) {
        "image" => Kind::Image,
        "tabular" => Kind::Tabular,
        "text" => Kind::Text,
        _ => Kind::Unknown,
    };
    let graph: Option<LayerGraph> = match &row.graph_hash {
        Some(hash) => Some(layer_graph(app, hash).await?),
        None => None,
    };
    let ops = graph.as_ref().map(LayerGraph::ops).unwrap_or_default();
    let mut facts = Facts::from_ops(kind, ops.keys().copied());
    let only = |wanted: &[&str]| {
        ops.keys().any(|op| wanted.contains(op)) && ops.keys().all(|op| wanted.contains(op) || FORM.contains(op))
    };
    let glass = &summary["glassbox"];
    facts.trees = glass["trees"].is_object() || only(&TREES);
    facts.linear = glass["linear"].is_object() || only(&LINEAR);
    if glass.is_object() {
        // A native file has no graph of layers and runs all the same; nothing in it can be differentiated.
        facts.has_graph = row.run_hash.is_some();
        facts.no_gradient = Some(if facts.trees { TREES[0] } else { LINEAR[1] }.to_owned());
    }
    facts.features = glass["features"].as_array().map(Vec::len).or_else(|| {
        let shape = summary["inputs"][0]["shape"].as_array()?;
        let sizes: Option<Vec<u64>> = shape.iter().skip(1).map(Value::as_u64).collect();
        usize::try_from(sizes?.iter().product::<u64>()).ok()
    });
    facts.background = asked.kind.as_deref() == Some("table");
    if let Some(slug) = asked.input.as_deref().filter(|slug| !slug.is_empty()) {
        let input = app.store().input(app.actor(), slug).await?;
        facts.background = input.kind == "table";
        facts.truth = input.facts()["target_column"].is_string();
    }
    Ok(facts)
}
