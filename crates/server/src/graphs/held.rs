//! Reading a logged graph, off the threads that answer requests; the last few stay read.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use glassboard_events::{GraphDef, Profile};
use glassboard_graph::{LayerGraph, Row, RowKind, Stacks, View};
use glassboard_store::logs::{Form, Pick, RecordId, StoredRecord};
use serde::Deserialize;

use super::describe::{Extra, layer_graph};
use super::keras;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::values;

/// Graphs that stay read.
const KEPT: usize = 4;

/// Which graph.
#[derive(Debug, Clone, Deserialize)]
pub struct Chosen {
    pub run: String,
    pub tag: String,
}

/// A graph that was read.
#[derive(Debug)]
pub struct Held {
    pub graph: LayerGraph,
    pub extras: Vec<Extra>,
    /// Every row, all open: what a group holds follows it.
    pub all: Vec<Row>,
    /// Places in `all` by id.
    pub places: HashMap<String, usize>,
    /// Indices of the description's nodes by the name of a value they write.
    pub writers: HashMap<String, usize>,
    /// Who reads a value.
    pub readers: HashMap<String, Vec<usize>>,
    /// Every device, in order.
    pub devices: BTreeSet<String>,
    /// What the value itself says of costs (`RunMetadata`).
    pub profile: Option<Profile>,
}

impl Held {
    /// Indices of the nodes that a row stands for.
    pub fn nodes_of(&self, id: &str) -> Vec<usize> {
        let Some(&place) = self.places.get(id) else {
            return Vec::new();
        };
        let depth = self.all[place].depth;
        let inside = self.all[place + 1..].iter().take_while(|row| row.depth > depth);
        std::iter::once(&self.all[place])
            .chain(inside)
            .filter(|row| row.kind == RowKind::Node)
            .filter_map(|row| self.writers.get(row.id.as_str()).copied())
            .collect()
    }
}

/// The graphs that were read last.
#[derive(Debug, Default)]
pub struct Cache(Mutex<VecDeque<(RecordId, Arc<Held>)>>);

impl Cache {
    fn get(&self, id: RecordId) -> Option<Arc<Held>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(known, _)| *known == id)
            .map(|(_, held)| held.clone())
    }

    fn keep(&self, id: RecordId, held: &Arc<Held>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != id);
        kept.push_front((id, held.clone()));
        kept.truncate(KEPT);
    }
}

/// The newest graph of a tag.
pub async fn held(app: &AppState, experiment: &str, chosen: &Chosen) -> Answer<Arc<Held>> {
    let store = app.store();
    let heads = store
        .record_heads(&app.actor(), experiment, &chosen.run, &chosen.tag)
        .await?;
    let head = heads
        .last()
        .ok_or_else(|| Problem::not_found("Nothing was logged under this tag."))?;
    if let Some(held) = app.graphs().get(head.id) {
        return Ok(held);
    }
    let id = head.id;
    let record = store.read_records(vec![head.clone()]).await?.pop();
    let record = record.ok_or_else(|| Problem::not_found("Nothing was logged under this tag."))?;
    let read = tokio::task::spawn_blocking(move || read(&record));
    let held = Arc::new(read.await.map_err(Problem::internal)??);
    app.graphs().keep(id, &held);
    Ok(held)
}

/// What a profile of the run says.
pub async fn profile(app: &AppState, experiment: &str, run: &str, tag: &str) -> Answer<Profile> {
    let records = app
        .store()
        .records(&app.actor(), experiment, run, tag, Pick::Last)
        .await?
        .records;
    let Some(record) = records.into_iter().next() else {
        return Ok(Profile::default());
    };
    tokio::task::spawn_blocking(move || Profile::decode(&message(&record)).map_err(values::damaged))
        .await
        .map_err(Problem::internal)?
}

/// The bytes of the message: as they were logged, or in the string that a tensor of strings holds.
fn message(record: &StoredRecord) -> Vec<u8> {
    match record.head.form {
        Form::Tensor => {
            let texts = values::data(record).texts().map(|texts| texts.strings.concat());
            texts.unwrap_or_default()
        }
        _ => record.body.clone(),
    }
}

fn read(record: &StoredRecord) -> Answer<Held> {
    let message = message(record);
    let mut profile = None;
    let graph = match record.head.form {
        Form::Graph => GraphDef::decode(&message).map_err(values::damaged)?,
        Form::MetaGraph => GraphDef::decode_meta(&message).map_err(values::damaged)?,
        _ if message.first() == Some(&b'{') => {
            let json = serde_json::from_slice(&message)
                .map_err(|error| Problem::bad_request(format!("The Keras model cannot be read: {error}.")))?;
            keras::layers(&json)
        }
        _ => {
            profile = Some(Profile::decode(&message).map_err(values::damaged)?);
            GraphDef::decode_run(&message).map_err(values::damaged)?
        }
    };
    hold(graph, profile)
}

/// Orders and folds a graph, and notes who reads and writes what.
pub fn hold(graph: GraphDef, profile: Option<Profile>) -> Answer<Held> {
    let (graph, extras) =
        layer_graph(graph).map_err(|error| Problem::bad_request(format!("The graph cannot be drawn: {error}.")))?;
    let all = View {
        depth: Some(u32::MAX),
        stacks: Stacks::Open,
        ..View::default()
    };
    let all = graph.view(&all).rows;
    let places = all
        .iter()
        .enumerate()
        .map(|(place, row)| (row.id.clone(), place))
        .collect();
    let (mut writers, mut readers) = (HashMap::new(), HashMap::<String, Vec<usize>>::new());
    for (index, node) in graph.description().nodes.iter().enumerate() {
        for output in &node.outputs {
            writers.insert(output.clone(), index);
        }
        for input in &node.inputs {
            readers.entry(input.clone()).or_default().push(index);
        }
    }
    let devices = extras
        .iter()
        .map(|extra| extra.device.as_str())
        .filter(|name| !name.is_empty());
    let devices = devices.map(str::to_owned).collect();
    Ok(Held {
        graph,
        extras,
        all,
        places,
        writers,
        readers,
        devices,
        profile,
    })
}
