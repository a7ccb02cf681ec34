//! `GET /methods?model=M`.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_catalog::{Facts, Kind, Parameter, applies, methods};
use glassboard_graph::LayerGraph;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::extract::Query;
use crate::models::{chosen, kind, layer_graph};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    model: Option<String>,
    checkpoint: Option<String>,
}

pub async fn list(State(app): State<AppState>, Query(asked): Query<Asked>) -> Answer {
    let facts = match asked.model.as_deref().filter(|slug| !slug.is_empty()) {
        Some(slug) => Some(facts(&app, slug, asked.checkpoint.as_deref()).await?),
        None => None,
    };
    let mut all = Vec::new();
    for entry in methods() {
        let mut one = serde_json::to_value(entry).map_err(Problem::internal)?;
        one["parameters"] = entry
            .parameters
            .iter()
            .map(Parameter::to_json)
            .collect::<Vec<Value>>()
            .into();
        let fits = facts.as_ref().map_or(Ok(()), |facts| applies(entry, facts));
        one["applies"] = json!(fits.is_ok());
        one["reason"] = json!(fits.err());
        all.push(one);
    }
    Ok(axum::Json(all).into_response())
}

async fn facts(app: &AppState, slug: &str, checkpoint: Option<&str>) -> Answer<Facts> {
    let detail = app.store().model(app.actor(), slug).await?;
    let row = chosen(&detail, checkpoint)?;
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
    Ok(Facts::from_ops(kind, ops.keys().copied()))
}
