//! A graph of operations as a description for `glassboard-graph`.

use std::collections::{BTreeMap, HashMap, HashSet};

use glassboard_events::{GraphDef, GraphNode, Setting};
use glassboard_graph::{Attribute, Description, GraphError, LayerGraph, Node};

/// What the description has no place for, node by node.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    pub device: String,
    /// What must merely come first.
    pub after: Vec<String>,
    pub shapes: Vec<String>,
}

/// Loops are cut at this many places; a graph with more is refused.
const MOST_CUTS: usize = 64;

/// Orders and folds it. Where operations wait for each other (TensorFlow's loops), the way back is cut.
pub fn layer_graph(graph: GraphDef) -> Result<(LayerGraph, Vec<Extra>), GraphError> {
    let (mut description, extras) = describe(graph);
    for _ in 0..MOST_CUTS {
        match LayerGraph::stacked(description.clone()) {
            Err(GraphError::Cycle(name)) => {
                let Some(node) = description.nodes.iter_mut().find(|node| node.name == name) else {
                    return Err(GraphError::Cycle(name));
                };
                node.inputs.clear();
            }
            done => return done.map(|graph| (graph, extras)),
        }
    }
    LayerGraph::stacked(description).map(|graph| (graph, extras))
}

fn describe(graph: GraphDef) -> (Description, Vec<Extra>) {
    // A name that is there twice is written down once.
    let mut seen = HashSet::new();
    let nodes: Vec<GraphNode> = graph
        .nodes
        .into_iter()
        .filter(|node| seen.insert(node.name.clone()))
        .collect();
    let again: HashSet<&str> = nodes
        .iter()
        .filter(|node| node.op == "NextIteration")
        .map(|node| node.name.as_str())
        .collect();
    // `node`, `node:1` and `node:output:0` are values of `node`.
    let mut outputs: HashMap<&str, Vec<String>> = HashMap::new();
    for input in nodes
        .iter()
        .flat_map(|node| &node.inputs)
        .filter(|input| !input.starts_with('^'))
    {
        let value = value_of(input);
        let writer = value.split_once(':').map_or(value, |(node, _)| node);
        let known = outputs.entry(writer).or_default();
        if value != writer && !known.iter().any(|one| one == value) {
            known.push(value.to_owned());
        }
    }
    let mut description = Description::default();
    let mut extras = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let mut written = vec![node.name.clone()];
        written.extend(outputs.get(node.name.as_str()).into_iter().flatten().cloned());
        let loops = node.op == "Merge" || node.op == "RefMerge";
        let inputs = node
            .inputs
            .iter()
            .filter(|input| !input.starts_with('^'))
            .map(|input| value_of(input));
        let inputs = inputs
            .filter(|input| !(loops && again.contains(input)))
            .map(str::to_owned);
        let mut scope: Vec<String> = node.name.split('/').map(str::to_owned).collect();
        scope.pop();
        if let Some(Some(shape)) = node.shapes.first() {
            let shape = shape.iter().map(|size| usize::try_from(*size).ok()).collect();
            description.shapes.insert(node.name.clone(), shape);
        }
        description.nodes.push(Node {
            name: node.name.clone(),
            op: node.op.clone(),
            inputs: inputs.collect(),
            outputs: written,
            attributes: attributes(node),
            scope: Some(scope),
        });
        extras.push(Extra {
            device: node.device.clone(),
            after: node
                .inputs
                .iter()
                .filter_map(|input| input.strip_prefix('^'))
                .map(str::to_owned)
                .collect(),
            shapes: node
                .shapes
                .iter()
                .map(|shape| written_shape(shape.as_deref()))
                .collect(),
        });
    }
    (description, extras)
}

/// The first output of a node is called like the node.
fn value_of(input: &str) -> &str {
    input.strip_suffix(":0").unwrap_or(input)
}

fn attributes(node: &GraphNode) -> BTreeMap<String, Attribute> {
    let plain = |setting: &Setting| match setting {
        Setting::Int(value) => Attribute::Int(*value),
        Setting::Ints(values) => Attribute::Ints(values.clone()),
        Setting::Float(value) => Attribute::Float(*value),
        Setting::Floats(values) => Attribute::Floats(values.clone()),
        Setting::Text(text) => Attribute::Text(text.clone()),
    };
    node.attributes
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, setting)| (name.clone(), plain(setting)))
        .collect()
}

fn written_shape(shape: Option<&[i64]>) -> String {
    let size = |size: &i64| if *size < 0 { "?".to_owned() } else { size.to_string() };
    match shape {
        None => "any".to_owned(),
        Some([]) => "scalar".to_owned(),
        Some(sizes) => sizes.iter().map(size).collect::<Vec<_>>().join("×"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, op: &str, inputs: &[&str]) -> GraphNode {
        GraphNode {
            name: name.to_owned(),
            op: op.to_owned(),
            inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
            ..GraphNode::default()
        }
    }

    #[test]
    fn a_loop_is_cut_and_a_second_output_has_its_own_name() {
        let nodes = vec![
            node("w/enter", "Enter", &[]),
            node("w/merge", "Merge", &["w/enter", "w/next"]),
            node("w/switch", "Switch", &["w/merge:0", "^w/enter"]),
            node("w/next", "NextIteration", &["w/switch:1"]),
        ];
        let (graph, extras) = layer_graph(GraphDef { nodes }).unwrap();
        assert_eq!(graph.description().nodes[2].outputs, ["w/switch", "w/switch:1"]);
        assert_eq!(extras[2].after, ["w/enter"]);
    }

    #[test]
    fn any_other_cycle_is_cut_too() {
        let nodes = vec![
            node("a", "Add", &["b"]),
            node("b", "Mul", &["a"]),
            node("a", "Again", &[]),
        ];
        let (graph, _) = layer_graph(GraphDef { nodes }).unwrap();
        assert_eq!(graph.description().nodes.len(), 2);
    }
}
