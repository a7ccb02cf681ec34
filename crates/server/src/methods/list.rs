//! `GET /methods?model=M&input=I`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_catalog::{Entry, Facts, Kind, Parameter, Scope, applies, default_method};
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
    let mut all = Vec::new();
    for (scope, entry) in Scope::ALL
        .into_iter()
        .flat_map(|scope| scope.methods().iter().map(move |entry| (scope, entry)))
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
        one["scope"] = json!(scope.name());
        one["applies"] = json!(fits.is_ok());
        one["reason"] = json!(fits.err());
        one["default"] = json!(first.filter(|(name, _)| *name == entry.name).map(|(_, reason)| reason));
        all.push(one);
    }
    Ok(axum::Json(all).into_response())
}

/// Whether a method can be used as this API asks it.
fn fits(entry: &Entry, scope: Scope, facts: &Facts) -> Result<(), String> {
    // Methods that take the input as one array are given no table of background rows.
    let alone = Facts {
        background: false,
        ..facts.clone()
    };
    applies(entry, if scope == Scope::Input { &alone } else { facts })
}

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
    let glass = &summary["glassbox"];
    facts.trees = glass["trees"].is_object();
    facts.linear = glass["linear"].is_object();
    if glass.is_object() {
        // A native file has no graph of layers and runs all the same; nothing in it can be differentiated.
        facts.has_graph = row.run_hash.is_some();
        let operator = if facts.trees { "TreeEnsemble" } else { "LinearRegressor" };
        facts.no_gradient = Some(operator.to_owned());
    }
    let preprocess: Value = detail
        .model
        .preprocess
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    facts.channels_last = preprocess["layout"] == "NHWC";
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
