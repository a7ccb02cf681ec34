//! A Keras model's JSON as operations: one a layer, nested models as scopes.

use glassboard_events::{GraphDef, GraphNode, Setting};
use serde_json::Value;

/// Models inside models are followed this deep.
const MOST_DEPTH: usize = 16;
/// Longest written setting.
const MOST_TEXT: usize = 200;

/// The layers of the model `json` describes; none where it is no model.
pub fn layers(json: &Value) -> GraphDef {
    let mut graph = GraphDef::default();
    model(json, "", 0, &mut graph);
    graph
}

fn model(json: &Value, scope: &str, depth: usize, graph: &mut GraphDef) {
    let config = &json["config"];
    // Old files have the list of layers where the configuration is.
    let layers = config["layers"].as_array().or_else(|| config.as_array());
    let Some(layers) = layers.filter(|_| depth < MOST_DEPTH) else {
        return;
    };
    let linked = layers
        .iter()
        .any(|layer| layer["inbound_nodes"].as_array().is_some_and(|n| !n.is_empty()));
    let mut before: Option<String> = None;
    for (index, layer) in layers.iter().enumerate() {
        let name = layer["config"]["name"].as_str().or_else(|| layer["name"].as_str());
        let name = name.map_or_else(|| format!("layer_{index}"), |name| name.replace('/', "_"));
        let path = format!("{scope}{name}");
        let mut sources = Vec::new();
        inbound(&layer["inbound_nodes"], &mut sources, 0);
        let mut inputs: Vec<String> = sources.iter().map(|source| format!("{scope}{source}")).collect();
        if !linked {
            inputs.extend(before.clone());
        }
        inputs.dedup();
        let is_model = layer["config"]["layers"].is_array();
        let node = GraphNode {
            name: path.clone(),
            op: layer["class_name"].as_str().unwrap_or("Layer").to_owned(),
            inputs,
            device: String::new(),
            attributes: settings(&layer["config"]),
            shapes: shape(layer).into_iter().map(Some).collect(),
        };
        graph.nodes.push(node);
        if is_model {
            model(layer, &format!("{path}/"), depth + 1, graph);
        }
        before = Some(path);
    }
}

/// Names of layers in every way Keras wrote them: `["conv", 0, 0, {}]` and `{"keras_history": ["conv", 0, 0]}`.
fn inbound(value: &Value, found: &mut Vec<String>, depth: usize) {
    if depth > 24 {
        return;
    }
    match value {
        Value::Array(items) => match items.as_slice() {
            [Value::String(name), Value::Number(_), Value::Number(_), ..] => {
                let name = name.replace('/', "_");
                if !found.contains(&name) {
                    found.push(name);
                }
            }
            items => items.iter().for_each(|item| inbound(item, found, depth + 1)),
        },
        Value::Object(map) => map.values().for_each(|item| inbound(item, found, depth + 1)),
        _ => {}
    }
}

fn settings(config: &Value) -> Vec<(String, Setting)> {
    let Some(map) = config.as_object() else {
        return Vec::new();
    };
    let written = map
        .iter()
        .filter(|(name, _)| *name != "layers" && *name != "name")
        .filter_map(|(name, value)| {
            let setting = match value {
                Value::Null => return None,
                Value::Number(number) => number
                    .as_i64()
                    .map_or_else(|| Setting::Float(number.as_f64().unwrap_or(f64::NAN)), Setting::Int),
                Value::String(text) => Setting::Text(text.chars().take(MOST_TEXT).collect()),
                Value::Object(inner) if inner.contains_key("class_name") => {
                    Setting::Text(inner["class_name"].as_str().unwrap_or_default().to_owned())
                }
                other => Setting::Text(other.to_string().chars().take(MOST_TEXT).collect()),
            };
            Some((name.clone(), setting))
        });
    written.collect()
}

fn shape(layer: &Value) -> Option<Vec<i64>> {
    let shape = ["batch_shape", "batch_input_shape"]
        .iter()
        .find_map(|key| layer["config"][*key].as_array())?;
    Some(shape.iter().map(|size| size.as_i64().unwrap_or(-1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_of_links_and_nested_models_are_read() {
        let json = serde_json::json!({ "class_name": "Functional", "config": { "name": "m", "layers": [
            { "class_name": "InputLayer", "config": { "name": "in", "batch_shape": [null, 4] }, "inbound_nodes": [] },
            { "class_name": "Dense", "config": { "name": "d1", "units": 8, "activation": "relu" },
              "inbound_nodes": [[["in", 0, 0, {}]]] },
            { "class_name": "Dense", "config": { "name": "d2" }, "inbound_nodes": [{ "args": [
              { "class_name": "__keras_tensor__", "config": { "shape": [null, 8], "keras_history": ["d1", 0, 0] } }] }] },
            { "class_name": "Sequential", "config": { "name": "tail", "layers": [
              { "class_name": "A", "config": { "name": "a" } }, { "class_name": "B", "config": { "name": "b" } }] },
              "inbound_nodes": [[["d2", 0, 0, {}]]] }] } });
        let graph = layers(&json);
        let links: Vec<_> = graph
            .nodes
            .iter()
            .map(|node| (node.name.as_str(), node.inputs.join(",")))
            .collect();
        let wanted = [
            ("in", ""),
            ("d1", "in"),
            ("d2", "d1"),
            ("tail", "d2"),
            ("tail/a", ""),
            ("tail/b", "tail/a"),
        ];
        assert_eq!(links, wanted.map(|(name, from)| (name, from.to_owned())));
        assert_eq!(graph.nodes[0].shapes, [Some(vec![-1, 4])]);
        assert!(layers(&serde_json::json!([1])).nodes.is_empty());
    }
}
