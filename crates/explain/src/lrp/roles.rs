//! What every node is to the rules: which are linear layers, which stand first, and which only finish the layer before
//! them (a batch norm, a bias), so that a rule sees both as one layer.

use std::collections::HashMap;

use glassboard_model::{Outline, Recording};

use super::rule::Place;

/// A node that is linear in its one active input, with weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    /// The active input.
    pub input: usize,
    /// The input that holds the weights.
    pub weight: usize,
    /// The input that holds a bias of the node's own.
    pub bias: Option<usize>,
    /// Where it stands.
    pub place: Place,
    /// Nodes that finish it, in order.
    pub finish: Vec<usize>,
    /// The axis of the weights that runs over outputs, where it is known.
    pub outputs: Option<usize>,
}

/// What nodes are, by their index.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub layers: HashMap<usize, Layer>,
    /// Nodes that finish a layer, and the input by which they do.
    pub finishing: HashMap<usize, usize>,
}

impl Roles {
    pub fn of(recording: &dyn Recording) -> Self {
        let outline = recording.outline();
        let mut roles = Self::default();
        let mut behind = vec![false; outline.values.len()];
        for (index, node) in outline.nodes.iter().enumerate() {
            let mut after = node.inputs.iter().flatten().any(|&id| behind[id]);
            if let Some(mut layer) = layer(recording, index) {
                layer.place.first = !after;
                layer.finish = finish(recording, index, &layer);
                let mut from = index;
                for &next in &layer.finish {
                    roles.finishing.insert(next, slot_of(outline, next, from));
                    from = next;
                }
                roles.layers.insert(index, layer);
                after = true;
            }
            for &id in node.outputs.iter().flatten() {
                behind[id] = after;
            }
        }
        roles
    }
}

fn layer(recording: &dyn Recording, index: usize) -> Option<Layer> {
    let outline = recording.outline();
    let node = &outline.nodes[index];
    let active = outline.active_slots(index);
    let convolution = ["Conv", "ConvTranspose"].contains(&node.op.as_str());
    let (input, weight) = match (node.op.as_str(), active.as_slice()) {
        ("Conv" | "ConvTranspose" | "Gemm" | "MatMul", [0]) => (0, 1),
        ("MatMul", [1]) => (1, 0),
        _ => return None,
    };
    let int = |name: &str, default: i64| recording.int(index, name).unwrap_or(default);
    let outputs = match node.op.as_str() {
        "Conv" => Some(0),
        "ConvTranspose" => (int("group", 1) == 1).then_some(1),
        "Gemm" => Some(usize::from(int("transB", 0) == 0)),
        // The weight's last axis; a vector has none.
        _ if input == 0 => {
            let weight = recording.value(node.inputs[weight]?)?;
            (weight.ndim() >= 2).then(|| weight.ndim() - 1)
        }
        _ => None,
    };
    Some(Layer {
        input,
        weight,
        bias: (node.op != "MatMul" && node.inputs.get(2).is_some_and(Option::is_some)).then_some(2),
        place: Place {
            convolution,
            first: false,
        },
        finish: Vec::new(),
        outputs,
    })
}

/// The input of `node` by which it reads `from`.
fn slot_of(outline: &Outline, node: usize, from: usize) -> usize {
    let made = outline.nodes[from].outputs.first().copied().flatten();
    let slots = outline.nodes[node].inputs.iter();
    slots.clone().position(|id| *id == made).unwrap_or_default()
}

/// A batch norm of an inference pass, then a constant that is added: whatever reads the layer alone and keeps its shape.
fn finish(recording: &dyn Recording, index: usize, layer: &Layer) -> Vec<usize> {
    let outline = recording.outline();
    let mut chain = Vec::new();
    let mut from = index;
    while layer.outputs.is_some()
        && let Some(made) = outline.nodes[from].outputs.first().copied().flatten()
        && let [next] = outline.readers(made).collect::<Vec<_>>()[..]
        && finishes(recording, next, made)
    {
        chain.push(next);
        from = next;
    }
    chain
}

fn finishes(recording: &dyn Recording, next: usize, made: usize) -> bool {
    let outline = recording.outline();
    let node = &outline.nodes[next];
    let constant = |id: &Option<usize>| id.is_some_and(|id| outline.values[id].constant);
    match node.op.as_str() {
        "BatchNormalization" => {
            recording.int(next, "training_mode").unwrap_or(0) == 0
                && node.inputs.first() == Some(&Some(made))
                && node.inputs[1..].iter().all(constant)
        }
        "Add" => {
            let (Some(output), [a, b]) = (node.outputs.first().copied().flatten(), &node.inputs[..]) else {
                return false;
            };
            let other = if *a == Some(made) { b } else { a };
            let (Some(before), Some(after)) = (recording.value(made), recording.value(output)) else {
                return false;
            };
            let bias = other.filter(|_| constant(other)).and_then(|id| recording.value(id));
            // One number an output and no more: a table of positions is no bias.
            before.shape() == after.shape()
                && bias.is_some_and(|bias| channels_alone(bias.shape(), before.shape(), recording, made))
        }
        _ => false,
    }
}

/// Whether an array of `shape` has more than one number along the axis of the layer's outputs only.
fn channels_alone(shape: &[usize], whole: &[usize], recording: &dyn Recording, made: usize) -> bool {
    let outline = recording.outline();
    let maker = outline.nodes.iter().find(|node| node.outputs.contains(&Some(made)));
    let spatial = maker.is_some_and(|node| ["Conv", "ConvTranspose", "BatchNormalization"].contains(&node.op.as_str()));
    let axis = if spatial { 1 } else { whole.len() - 1 };
    let Some(lead) = whole.len().checked_sub(shape.len()) else {
        return false;
    };
    shape.iter().enumerate().all(|(i, &size)| size == 1 || i + lead == axis)
}
