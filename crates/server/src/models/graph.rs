//! `GET /models/{m}/graph`: rows and edges of the layer graph for the groups that are open.

use std::collections::{BTreeMap, HashSet};

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_graph::{LayerGraph, Rows, TensorStatistics, with_statistics};
use glassboard_store::ModelDetail;
use serde::Deserialize;
use serde_json::Value;

use super::chosen;
use crate::extract::{Path, Query};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

#[derive(Debug, Deserialize)]
pub struct Asked {
    pub checkpoint: Option<String>,
    /// Ids of groups, with commas; a comma or percent sign inside an id is percent-encoded. `-id`
    /// closes a group that the depth would open.
    open: Option<String>,
    /// Levels that are open; absent or 0: as deep as fits. Pages write it `d`.
    #[serde(alias = "d")]
    depth: Option<u32>,
}

pub async fn graph(State(app): State<AppState>, Path(model): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let detail = app.store().model(app.actor(), &model).await?;
    let rows = rows(&app, &detail, &asked).await?;
    Ok(axum::Json(rows).into_response())
}

/// The rows of the model's graph with the statistics of the checkpoint that is asked for.
pub async fn rows(app: &AppState, detail: &ModelDetail, asked: &Asked) -> Answer<Rows> {
    let checkpoint = chosen(detail, asked.checkpoint.as_deref())?;
    // Weights alone are drawn on the graph that they were bound to.
    let hash = checkpoint
        .graph_hash
        .as_ref()
        .or_else(|| detail.checkpoints.iter().rev().find_map(|c| c.graph_hash.as_ref()));
    let Some(hash) = hash else {
        return Err(match checkpoint.state.as_str() {
            "scanning" => Problem::not_found("The file is still being read; its graph will be here when that is done."),
            _ => Problem::not_found(format!(
                "Model `{}` has tensors but no graph; export it as ONNX and upload that to see its layers.",
                detail.model.slug
            )),
        });
    };
    let bytes = app.store().read_blob(hash).await?;
    let tensors = app.store().tensors(checkpoint.id).await?;
    let open = opened(asked.open.as_deref().unwrap_or_default());
    let depth = asked.depth.filter(|depth| *depth > 0);
    // A large graph takes a while to fold; the threads that answer others must not wait for it.
    tokio::task::spawn_blocking(move || draw(&bytes, &tensors, &open, depth))
        .await
        .map_err(|error| Problem::internal(format!("drawing a graph: {error}")))?
}

/// The stored layer graph of a checkpoint.
pub async fn layer_graph(app: &AppState, hash: &str) -> Answer<LayerGraph> {
    let bytes = app.store().read_blob(hash).await?;
    tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)
}

fn draw(bytes: &[u8], tensors: &[Value], open: &HashSet<String>, depth: Option<u32>) -> Answer<Rows> {
    let graph: LayerGraph =
        serde_json::from_slice(bytes).map_err(|error| Problem::internal(format!("a stored graph: {error}")))?;
    let mut rows = graph.rows(open, depth);
    let statistics: BTreeMap<String, TensorStatistics> = tensors
        .iter()
        .filter_map(|tensor| {
            let name = tensor["name"].as_str()?.to_owned();
            Some((name, serde_json::from_value(tensor.clone()).ok()?))
        })
        .collect();
    with_statistics(&mut rows, &statistics);
    Ok(rows)
}

/// The ids in a list with commas: a comma or percent sign inside one is percent-encoded.
pub fn opened(list: &str) -> HashSet<String> {
    list.split(',')
        .filter(|id| !id.is_empty())
        .map(|id| id.replace("%2C", ",").replace("%25", "%"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_ids_may_hold_commas() {
        let ids = opened("layer1/,-layer2/,a%2Cb%25/,,");
        assert_eq!(ids, HashSet::from(["layer1/", "-layer2/", "a,b%/"].map(str::to_owned)));
    }
}
