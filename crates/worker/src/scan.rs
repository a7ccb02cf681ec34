//! Reading an uploaded model file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use glassboard_checkpoints::{CheckpointError, Format, Reach, onnx};
use glassboard_engine::{EngineError, Options, Session};
use glassboard_graph::{LayerGraph, Port};
use glassboard_jobs::protocol::Fault;
use glassboard_jobs::spec::Source;
use glassboard_model::{InputSpec, Model as _};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::dispatch::Answer;
use crate::native;
use crate::preprocess::{Origin, Preprocess};
use crate::trouble::Trouble;

impl From<CheckpointError> for Trouble {
    fn from(error: CheckpointError) -> Self {
        let fault = match &error {
            CheckpointError::Damaged(_) | CheckpointError::Limit(_) => Fault::Input,
            CheckpointError::Unsupported(_) => Fault::Unsupported,
            CheckpointError::Io { .. } => Fault::Internal,
            CheckpointError::Cancelled => Fault::Cancelled,
        };
        Self {
            fault,
            message: error.to_string(),
        }
    }
}

/// Scans `model`; with `graph`, puts its weights into that ONNX file.
pub(crate) fn scan(
    context: &Context<'_>,
    model: &Source,
    name: &str,
    graph: Option<&Source>,
) -> Result<Answer, Trouble> {
    let file = OnDisk::of(context, model)?;
    if graph.is_none()
        && let Some(glass) = native::open(&file.path)?
    {
        return Ok(Answer::of(native::scanned(&glass)));
    }
    let mut last = 0.0;
    let (checkpoint, scan) = glassboard_checkpoints::scan(&file.path, Reach::Upload, |done| {
        if done - last >= 0.02 {
            last = done;
            context.progress(done * 0.9, &format!("Reading {name}"));
        }
        context.cancelled()
    })?;
    let mut roles = Vec::new();
    let mut attachments = Vec::new();
    let mut attach = |role: &'static str, bytes: Vec<u8>| {
        roles.push(role);
        attachments.push(bytes);
    };
    let mut facts = Facts {
        description: scan.graph,
        inputs: scan.inputs,
        outputs: json!(scan.outputs),
        kind: scan.kind,
        preprocess: scan.preprocess,
    };
    let mut running = checkpoint.onnx.as_ref().map(outlook);
    let mut bound = false;
    if let Some(graph) = graph.filter(|_| checkpoint.format != Format::Onnx) {
        context.progress(0.92, "Putting the weights into the graph");
        let (proto, _) = context.onnx(graph)?;
        let binding = onnx::match_names(&proto, &checkpoint)?;
        let bytes = onnx::rebind(proto, &checkpoint, &binding)?;
        let whole = onnx::from_bytes(bytes.clone())?;
        facts = Facts::of(&whole)?;
        running = Some(outlook(&whole));
        attach("run", bytes);
        bound = true;
    }
    let mut operators = json!({});
    if let Some(description) = facts.description {
        let layers = LayerGraph::new(description).map_err(|error| Trouble::input(error.to_string()))?;
        operators = json!(layers.ops());
        attach(
            "graph",
            serde_json::to_vec(&layers).map_err(|error| Trouble::internal(error.to_string()))?,
        );
    }
    let has_graph = roles.contains(&"graph");
    let mut summary = Map::from_iter([
        ("inputs".into(), json!(facts.inputs)),
        ("outputs".into(), facts.outputs),
        ("metadata".into(), json!(scan.metadata)),
        ("kind".into(), json!(facts.kind)),
        ("has_graph".into(), json!(has_graph)),
        ("operators".into(), operators),
        ("tensors".into(), json!(scan.tensors.len())),
        ("bound".into(), json!(bound)),
        ("running".into(), json!(running)),
    ]);
    if let Some(glass) = checkpoint.onnx.as_ref().and_then(glassboard_glassbox::onnx::recognise) {
        summary.insert("glassbox".into(), glass.summary());
    }
    if let Some(hint) = scan.export_hint.filter(|_| !has_graph) {
        summary.insert("export_hint".into(), json!(hint));
    }
    let (preprocess, origin) = match facts.preprocess {
        Some(said) => (Some(said), Origin::Metadata),
        None => (guess(&facts.inputs, &scan.metadata), Origin::Guessed),
    };
    let result = json!({
        "format": scan.format,
        "parameters": scan.parameters,
        "tensors": scan.tensors,
        "summary": summary,
        "preprocess": preprocess,
        "preprocess_origin": origin,
        "attachments": roles,
    });
    Ok(Answer { result, attachments })
}

/// Sentences about nodes that are kept; the rest is counted.
const NODES: usize = 20;

/// What the engine can do with the graph: why it cannot be run, or which nodes cannot, and what its
/// gradients mean. Where something is said of nodes, all that does not need them works.
fn outlook(model: &onnx::proto::ModelProto) -> Value {
    let session: Result<Session, EngineError> = Session::from_model(model, Options::default());
    match session {
        Ok(session) => {
            let mut lacking = session.unsupported();
            let more = lacking.len().saturating_sub(NODES);
            lacking.truncate(NODES);
            json!({ "unsupported": lacking, "unsupported_more": more, "notes": session.notes() })
        }
        Err(error) => json!({ "refused": error.to_string() }),
    }
}

/// What an explanation would use where nothing is said, so that people can see and mend it. None where
/// the file says something that cannot be read: then the first explanation says what is wrong with it.
fn guess(inputs: &[Port], metadata: &BTreeMap<String, String>) -> Option<Value> {
    let first = inputs.first().filter(|_| onnx::preprocess_text(metadata).is_none())?;
    if glassboard_checkpoints::kind_of(inputs) == "text" {
        let named = |port: &&Port| ["input_ids", "ids", "tokens", "token_ids"].contains(&port.name.as_str());
        let ids = inputs.iter().find(named).unwrap_or(first);
        return serde_json::to_value(Preprocess::of_tokens(&ids.name)).ok();
    }
    let spec = InputSpec {
        name: first.name.clone(),
        shape: first.shape.clone().unwrap_or_default(),
    };
    serde_json::to_value(Preprocess::guess(&spec)).ok()
}

/// What a graph says, from the file itself or from the one its weights were put into.
struct Facts {
    description: Option<glassboard_graph::Description>,
    inputs: Vec<Port>,
    outputs: Value,
    kind: String,
    preprocess: Option<Value>,
}

impl Facts {
    fn of(model: &onnx::proto::ModelProto) -> Result<Self, Trouble> {
        let description = onnx::structure(model)?;
        let metadata = model
            .metadata_props
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect();
        Ok(Self {
            inputs: description.inputs.clone(),
            outputs: json!(description.outputs),
            kind: glassboard_checkpoints::kind_of(&description.inputs).to_owned(),
            preprocess: onnx::preprocess_hint(&metadata),
            description: Some(description),
        })
    }
}

/// A source as a file: attached bytes go to a scratch file that is gone with this value.
pub(crate) struct OnDisk {
    pub path: PathBuf,
    _scratch: Option<tempfile::NamedTempFile>,
}

impl OnDisk {
    pub(crate) fn of(context: &Context<'_>, source: &Source) -> Result<Self, Trouble> {
        if let Source::Blob { path, .. } = source {
            return Ok(Self {
                path: path.clone(),
                _scratch: None,
            });
        }
        let bytes = context.model(source)?;
        let scratch = tempfile::NamedTempFile::new().and_then(|file| std::fs::write(file.path(), bytes).map(|()| file));
        let scratch =
            scratch.map_err(|error| Trouble::internal(format!("no scratch file could be written: {error}")))?;
        Ok(Self {
            path: Path::new(scratch.path()).to_owned(),
            _scratch: Some(scratch),
        })
    }
}
