//! `GET /experiments/{exp}/graphs`: which runs logged which graphs.

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_store::logs::Kind;
use serde::Serialize;
use serde_json::json;

use crate::extract::Path;
use crate::problem::Answer;
use crate::state::AppState;

/// One tag of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    pub run: String,
    pub name: String,
    pub tag: String,
    pub title: String,
    /// `operations`, `layers` (Keras), `functions` (traced by TensorFlow 2), or `profile` (costs alone).
    pub what: &'static str,
    /// Tags of the run whose costs can be laid over this graph.
    pub profiles: Vec<String>,
}

pub async fn list(State(app): State<AppState>, Path(experiment): Path<String>) -> Answer {
    let graphs = sources(&app, &experiment).await?;
    Ok(axum::Json(json!({ "graphs": graphs })).into_response())
}

/// Graphs of every run, by run and tag; profiles are named with the graphs they belong to.
pub async fn sources(app: &AppState, experiment: &str) -> Answer<Vec<Source>> {
    let series = app
        .store()
        .series_info(&app.actor(), experiment, Some(Kind::Graph), None)
        .await?;
    let what = |plugin: &str| match plugin {
        "graph_keras_model" => "layers",
        "graph_run_metadata" | "graph_run_metadata_graph" => "functions",
        "graph_tagged_run_metadata" => "profile",
        _ => "operations",
    };
    let profiles = |run: &str, tag: &str, plugin: &str| -> Vec<String> {
        if plugin == "graph_run_metadata" {
            return vec![tag.to_owned()];
        }
        series
            .iter()
            .filter(|one| one.run == run && plugin == "graphs" && what(&one.plugin) == "profile")
            .map(|one| one.tag.clone())
            .collect()
    };
    Ok(series
        .iter()
        .filter(|one| what(&one.plugin) != "profile")
        // A meta graph holds the graph that stands beside it.
        .filter(|one| {
            one.tag != "__meta_graph__" || !series.iter().any(|o| o.run == one.run && o.tag == "__run_graph__")
        })
        .map(|one| Source {
            run: one.run_id.clone(),
            name: one.run.clone(),
            tag: one.tag.clone(),
            title: if one.tag.starts_with("__") {
                "graph".to_owned()
            } else {
                one.tag.clone()
            },
            what: what(&one.plugin),
            profiles: profiles(&one.run, &one.tag, &one.plugin),
        })
        .collect())
}
