//! The graph of a file in plain words: what the drawing and the page need.

use std::collections::{BTreeMap, HashSet};

use glassboard_graph::{Attribute, Constant, Description, Node, Port, scope_from_metadata};
use serde_json::Value;

use super::proto::{AttributeProto, AttributeType, GraphProto, ModelProto, NodeProto, ValueInfoProto};
use super::stored::data_type_name;
use crate::{CheckpointError, Result, shape};

/// Longest list or text of an attribute that is shown.
const SHOWN: usize = 64;

/// Describes the main graph of a model.
pub fn structure(model: &ModelProto) -> Result<Description> {
    let Some(graph) = &model.graph else {
        return Err(CheckpointError::Damaged(
            "this ONNX file holds no graph; export it again".into(),
        ));
    };
    let mut constants = Vec::with_capacity(graph.initializer.len());
    for tensor in &graph.initializer {
        let tensor = &tensor.info;
        let axes = shape::from_signed(&tensor.name, &tensor.dims)?;
        let elements = shape::numel(&tensor.name, &axes)? as u64;
        constants.push(Constant {
            name: tensor.name.clone(),
            dtype: data_type_name(tensor.data_type),
            shape: axes,
            elements,
        });
    }
    for sparse in &graph.sparse_initializer {
        let Some(values) = &sparse.values else { continue };
        let values = &values.info;
        let axes = shape::from_signed(&values.name, &sparse.dims)?;
        let elements = shape::numel(&values.name, &axes)? as u64;
        constants.push(Constant {
            name: values.name.clone(),
            dtype: data_type_name(values.data_type),
            shape: axes,
            elements,
        });
    }
    let constant: HashSet<&str> = constants.iter().map(|constant| constant.name.as_str()).collect();
    // Files of IR version 3 and older list initialisers among the inputs.
    let inputs = graph
        .input
        .iter()
        .filter(|value| !constant.contains(value.name.as_str()))
        .map(port)
        .collect();
    let outputs = graph.output.iter().map(port).collect();
    let mut shapes = BTreeMap::new();
    for value in graph.value_info.iter().chain(&graph.input).chain(&graph.output) {
        if let Some((_, axes)) = value.tensor_shape() {
            shapes.insert(value.name.clone(), axes);
        }
    }
    let nodes = graph.node.iter().map(node).collect();
    Ok(Description {
        inputs,
        outputs,
        nodes,
        constants,
        shapes,
    })
}

fn port(value: &ValueInfoProto) -> Port {
    let dtype = value
        .tensor()
        .map_or_else(String::new, |tensor| data_type_name(tensor.elem_type));
    let shape = value.tensor_shape().map(|(_, axes)| axes);
    Port {
        name: value.name.clone(),
        dtype,
        shape,
    }
}

fn node(node: &NodeProto) -> Node {
    let mut inputs = node.input.clone();
    for graph in node
        .attribute
        .iter()
        .flat_map(|attribute| attribute.g.as_deref().into_iter().chain(&attribute.graphs))
    {
        outer_values(graph, &mut inputs);
    }
    let properties = node
        .metadata_props
        .iter()
        .map(|entry| (entry.key.as_str(), entry.value.as_str()));
    Node {
        name: node.name.clone(),
        op: node.op_type.clone(),
        inputs,
        outputs: node.output.clone(),
        attributes: node
            .attribute
            .iter()
            .filter_map(|one| Some((one.name.clone(), attribute(one)?)))
            .collect(),
        scope: scope_from_metadata(properties),
    }
}

/// What a subgraph reads from outside.
fn outer_values(graph: &GraphProto, into: &mut Vec<String>) {
    let mut inside: HashSet<&str> = graph.input.iter().map(|value| value.name.as_str()).collect();
    inside.extend(graph.initializer.iter().map(|tensor| tensor.info.name.as_str()));
    inside.extend(
        graph
            .node
            .iter()
            .flat_map(|node| node.output.iter().map(String::as_str)),
    );
    let mut read = Vec::new();
    for node in &graph.node {
        read.extend(node.input.iter().cloned());
        for inner in node
            .attribute
            .iter()
            .flat_map(|attribute| attribute.g.as_deref().into_iter().chain(&attribute.graphs))
        {
            outer_values(inner, &mut read);
        }
    }
    into.extend(
        read.into_iter()
            .filter(|name| !name.is_empty() && !inside.contains(name.as_str())),
    );
}

fn attribute(attribute: &AttributeProto) -> Option<Attribute> {
    match AttributeType::try_from(attribute.r#type).ok()? {
        AttributeType::Int => Some(Attribute::Int(attribute.i)),
        AttributeType::Ints if attribute.ints.len() <= SHOWN => Some(Attribute::Ints(attribute.ints.clone())),
        AttributeType::Float if attribute.f.is_finite() => Some(Attribute::Float(f64::from(attribute.f))),
        AttributeType::Floats if attribute.floats.len() <= SHOWN && attribute.floats.iter().all(|f| f.is_finite()) => {
            Some(Attribute::Floats(
                attribute.floats.iter().copied().map(f64::from).collect(),
            ))
        }
        AttributeType::String if attribute.s.len() <= SHOWN => {
            Some(Attribute::Text(String::from_utf8_lossy(&attribute.s).into_owned()))
        }
        _ => None,
    }
}

/// The metadata entry that holds `preprocess.json`, as (key, text): `glassboard.preprocess`, or one of the
/// plainer names people give it. Of several the first in that order.
pub fn preprocess_text(metadata: &BTreeMap<String, String>) -> Option<(&'static str, &str)> {
    [
        "glassboard.preprocess",
        "glassboard.preprocess.json",
        "preprocess.json",
        "preprocess",
    ]
    .into_iter()
    .find_map(|key| Some((key, metadata.get(key)?.as_str())))
}

/// `preprocess.json` from a file's metadata, where it is there and a JSON object.
pub fn preprocess_hint(metadata: &BTreeMap<String, String>) -> Option<Value> {
    let (_, text) = preprocess_text(metadata)?;
    serde_json::from_str(text).ok().filter(Value::is_object)
}
