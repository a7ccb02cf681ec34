//! Which meshes an experiment has: a mesh is up to three series of a run, one a part.

use std::collections::BTreeMap;

use glassboard_events::{MeshInfo, Part};
use glassboard_store::logs::Kind;
use serde::Serialize;
use serde_json::Value;

use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// A mesh of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Mesh {
    /// The run's id.
    pub run: String,
    /// The mesh's name.
    #[serde(rename = "mesh")]
    pub name: String,
    /// The tag of each part: `vertex`, `face`, `colour`.
    pub parts: BTreeMap<&'static str, String>,
    /// How many steps have points.
    pub steps: i64,
    /// The last of them.
    pub last_step: i64,
    /// The writer's settings for the view, where they are JSON.
    pub config: Option<Value>,
}

const fn word(part: Part) -> Option<&'static str> {
    match part {
        Part::Vertex => Some("vertex"),
        Part::Face => Some("face"),
        Part::Colour => Some("colour"),
        Part::Unknown => None,
    }
}

/// The meshes of an experiment, by run and name.
pub async fn all(app: &AppState, experiment: &str) -> Answer<Vec<Mesh>> {
    let series = app
        .store()
        .series_info(&app.actor(), experiment, Some(Kind::Mesh), None)
        .await?;
    let mut found: BTreeMap<(String, String), Mesh> = BTreeMap::new();
    for one in series {
        let Ok(info) = MeshInfo::decode(&one.content) else {
            continue;
        };
        let Some(part) = word(info.part) else { continue };
        let name = if info.name.is_empty() {
            one.tag.clone()
        } else {
            info.name
        };
        let mesh = found.entry((one.run, name.clone())).or_insert_with(|| Mesh {
            run: one.run_id,
            name,
            ..Mesh::default()
        });
        if part == "vertex" {
            (mesh.steps, mesh.last_step) = (one.points, one.last_step);
        }
        if mesh.config.is_none() {
            let config: Option<Value> = serde_json::from_str(&info.config).ok();
            mesh.config = config.filter(|config| config.as_object().is_some_and(|keys| !keys.is_empty()));
        }
        mesh.parts.entry(part).or_insert(one.tag);
    }
    let meshes = found.into_values();
    Ok(meshes.filter(|mesh| mesh.parts.contains_key("vertex")).collect())
}

/// One of them.
pub async fn one(app: &AppState, experiment: &str, run: &str, name: &str) -> Answer<Mesh> {
    let meshes = all(app, experiment).await?;
    let found = meshes.into_iter().find(|mesh| mesh.run == run && mesh.name == name);
    found.ok_or_else(|| Problem::not_found(format!("There is no mesh {name:?} of run {run:?}.")))
}
