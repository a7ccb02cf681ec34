//! `GET /experiments/{exp}/graph`: rows and edges for the groups that are open, and what is known of each row.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use axum::extract::State;
use axum::response::IntoResponse;
use glassboard_events::Profile;
use glassboard_graph::{RowKind, Rows, Stacks, View};
use serde::{Deserialize, Serialize};

use super::held::{Chosen, Held, held, profile};
use super::trace;
use crate::extract::{Path, Query};
use crate::models::opened;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Neighbours that are named.
const MOST_NAMES: usize = 100;

#[derive(Debug, Deserialize)]
pub struct Asked {
    run: String,
    tag: String,
    /// A tag of the run whose costs are laid over the rows.
    profile: Option<String>,
}

/// How a graph is looked at.
#[derive(Debug, Default, Deserialize)]
pub struct Look {
    open: Option<String>,
    depth: Option<u32>,
    /// `0`: neighbours of one structure stay single rows.
    stacks: Option<String>,
    /// Ids of what is taken out.
    aside: Option<String>,
    /// A row: what it depends on is counted in every row.
    trace: Option<String>,
}

impl Look {
    fn view(&self) -> View {
        let stacks = match self.stacks.as_deref() {
            Some("0") => Stacks::Dissolved,
            _ => Stacks::Closed,
        };
        View {
            open: opened(self.open.as_deref().unwrap_or_default()),
            depth: self.depth.filter(|depth| *depth > 0),
            stacks,
            aside: opened(self.aside.as_deref().unwrap_or_default()),
        }
    }
}

/// What is known of a row beside its place.
#[derive(Debug, Default, Serialize)]
pub struct Fact {
    #[serde(skip_serializing_if = "String::is_empty")]
    device: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shapes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    micros: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<i64>,
    /// Operations of the row that the traced one depends on.
    #[serde(skip_serializing_if = "Option::is_none")]
    traced: Option<usize>,
}

#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    rows: Rows,
    facts: BTreeMap<String, Fact>,
    nodes: usize,
    devices: Vec<String>,
    /// How many operations the traced row depends on.
    #[serde(skip_serializing_if = "Option::is_none")]
    traced: Option<usize>,
}

pub async fn show(
    State(app): State<AppState>,
    Path(experiment): Path<String>,
    Query(asked): Query<Asked>,
    Query(look): Query<Look>,
) -> Answer {
    let chosen = Chosen {
        run: asked.run.clone(),
        tag: asked.tag.clone(),
    };
    let held = held(&app, &experiment, &chosen).await?;
    let costs = match asked.profile.as_deref().filter(|tag| !tag.is_empty()) {
        Some(tag) if tag == asked.tag => held.profile.clone(),
        Some(tag) => Some(profile(&app, &experiment, &asked.run, tag).await?),
        None => None,
    };
    let shown = tokio::task::spawn_blocking(move || shown(&held, costs.as_ref(), &look));
    Ok(axum::Json(shown.await.map_err(Problem::internal)?).into_response())
}

/// The rows of a look at a graph, with what is known of each.
pub fn shown(held: &Held, costs: Option<&Profile>, look: &Look) -> Shown {
    let rows = held.graph.view(&look.view());
    let traced = look.trace.as_deref().filter(|id| held.places.contains_key(*id));
    let traced = traced.map(|id| trace::inputs(held, id));
    let facts = rows
        .rows
        .iter()
        .chain(&rows.aside)
        .map(|row| (row.id.clone(), fact(held, costs, traced.as_ref(), row.kind, &row.id)))
        .collect();
    // A profile names devices that the graph left open.
    let mut devices = held.devices.clone();
    let ran = costs.into_iter().flat_map(|costs| costs.nodes.values());
    devices.extend(ran.map(|cost| cost.device.clone()).filter(|name| !name.is_empty()));
    Shown {
        rows,
        facts,
        nodes: held.graph.description().nodes.len(),
        devices: devices.into_iter().take(MOST_NAMES).collect(),
        traced: traced.map(|nodes| nodes.len()),
    }
}

fn fact(held: &Held, costs: Option<&Profile>, traced: Option<&HashSet<usize>>, kind: RowKind, id: &str) -> Fact {
    let nodes = held.nodes_of(id);
    let description = held.graph.description();
    let inside: HashSet<usize> = nodes.iter().copied().collect();
    let mut fact = Fact::default();
    let (mut inputs, mut outputs, mut devices) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for &index in &nodes {
        let (node, extra) = (&description.nodes[index], &held.extras[index]);
        devices.insert(extra.device.as_str());
        for input in &node.inputs {
            if held.writers.get(input).is_none_or(|writer| !inside.contains(writer))
                && !inputs.contains(input)
                && inputs.len() < MOST_NAMES
            {
                inputs.push(input.clone());
            }
        }
        let readers = node
            .outputs
            .iter()
            .filter_map(|output| held.readers.get(output))
            .flatten();
        for reader in readers.filter(|reader| !inside.contains(reader)) {
            if outputs.len() < MOST_NAMES {
                outputs.insert(description.nodes[*reader].name.clone());
            }
        }
        if let Some(cost) = costs.and_then(|costs| costs.nodes.get(&node.name)) {
            fact.micros = Some(fact.micros.unwrap_or(0).saturating_add(cost.micros));
            fact.bytes = Some(fact.bytes.unwrap_or(0).saturating_add(cost.bytes));
            devices.insert(cost.device.as_str());
        }
    }
    if let (RowKind::Node, [index]) = (kind, nodes.as_slice()) {
        let (node, extra) = (&description.nodes[*index], &held.extras[*index]);
        fact.shapes.clone_from(&extra.shapes);
        fact.after.clone_from(&extra.after);
        fact.attributes = node
            .attributes
            .iter()
            .map(|(name, value)| (name.clone(), serde_json::to_value(value).unwrap_or_default()))
            .collect();
    }
    devices.remove("");
    fact.device = devices.into_iter().take(4).collect::<Vec<_>>().join(", ");
    fact.traced = traced
        .map(|traced| nodes.iter().filter(|index| traced.contains(index)).count())
        .filter(|count| *count > 0);
    fact.inputs = inputs;
    fact.outputs = outputs.into_iter().collect();
    fact
}
