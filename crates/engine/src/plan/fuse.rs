//! Joining a convolution or a matrix product with the batch norm, the sum and the activation behind
//! it, where nobody else looks at the values in between. The kernels apply them to a tile that is still
//! in the cache, in the order and with the bits of the nodes one after another.

use glassboard_kernels::activation::Activation;
use glassboard_kernels::gelu::Form;

use super::draft::Draft;
use crate::graph::{Attr, Node, Prepared, ValueId};

/// What is applied to the result of a node before it is written, in this order.
#[derive(Debug, Clone, Default)]
pub struct Fused {
    /// A batch norm of an inference pass.
    pub norm: Option<Norm>,
    /// Index of the node's input that is a constant bias along the last axis.
    pub bias: Option<usize>,
    /// Index of the node's input that is added, of the shape of the result.
    pub residual: Option<usize>,
    /// The activation.
    pub activation: Activation,
    /// What the node's operator made of the constants of these steps.
    pub prepared: Prepared,
}

/// Where a batch norm finds its constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    /// Index of the node's first input that belongs to it: scale, bias, mean, variance.
    pub first: usize,
    /// Added to the variance.
    pub epsilon: f32,
}

/// Joins what can be joined.
pub(super) fn fuse(draft: &mut Draft<'_>) {
    for position in 0..draft.len() {
        let first = ["Conv", "MatMul", "Gemm"]
            .into_iter()
            .find_map(|op| draft.find(position, op));
        let Some(first) = first else { continue };
        let weight = first.inputs.get(1).copied().flatten();
        if !weight.is_some_and(|w| draft.constant(w)) {
            continue;
        }
        let (node, chain) = grow(draft, first.clone(), position);
        if chain.len() > 1 {
            draft.replace(node, &chain);
        }
    }
}

/// The node with as much of what follows as can be joined, and the positions it takes up.
fn grow(draft: &Draft<'_>, mut node: Node, position: usize) -> (Node, Vec<usize>) {
    let mut fused = Fused::default();
    let mut chain = vec![position];
    while fused.activation == Activation::Identity
        && let Some(out) = node.outputs.iter().flatten().next().copied()
        && draft.hidden(out, 1)
        && let Some(at) = draft.reader(out)
        && let Some(next) = draft.at(at)
        && (take_norm(draft, &mut node, &mut fused, next, out)
            || take_sum(draft, &mut node, &mut fused, next, out)
            || take_activation(draft, &mut fused, next, out))
    {
        node.outputs.clone_from(&next.outputs);
        chain.push(at);
    }
    node.fused = Some(Box::new(fused));
    (node, chain)
}

fn take_norm(draft: &Draft<'_>, node: &mut Node, fused: &mut Fused, next: &Node, out: ValueId) -> bool {
    let training = matches!(next.attrs.get("training_mode"), Some(Attr::Int(v)) if *v != 0);
    if node.op != "Conv"
        || fused.norm.is_some()
        || fused.residual.is_some()
        || training
        || !Draft::is(next, "BatchNormalization")
        || next.inputs.first() != Some(&Some(out))
    {
        return false;
    }
    let constants: Vec<_> = next.inputs[1..].to_vec();
    if constants.len() != 4 || !constants.iter().all(|id| id.is_some_and(|id| draft.constant(id))) {
        return false;
    }
    fused.norm = Some(Norm {
        first: node.inputs.len(),
        epsilon: number(next, "epsilon", 1e-5),
    });
    node.inputs.extend(constants);
    true
}

/// A constant bias behind a product, or a second path that joins here. Their shapes are looked at when
/// the operator runs; one that broadcasts otherwise is then added as the graph says.
fn take_sum(draft: &Draft<'_>, node: &mut Node, fused: &mut Fused, next: &Node, out: ValueId) -> bool {
    if !Draft::is(next, "Add") || fused.residual.is_some() {
        return false;
    }
    let other = match next.inputs[..] {
        [Some(a), Some(b)] if a == out && b != out => b,
        [Some(a), Some(b)] if b == out && a != out => a,
        _ => return false,
    };
    if !draft.constant(other) {
        fused.residual = Some(node.inputs.len());
    } else if node.op == "MatMul" && fused.bias.is_none() {
        fused.bias = Some(node.inputs.len());
    } else {
        return false;
    }
    node.inputs.push(Some(other));
    true
}

fn take_activation(draft: &Draft<'_>, fused: &mut Fused, next: &Node, out: ValueId) -> bool {
    let plain = next.inputs.first() == Some(&Some(out));
    let taped = draft.question().taped;
    let find = |op| plain && Draft::is(next, op);
    // A backward pass has the output only, so on a tape it must tell the derivative.
    let activation = if find("Relu") {
        Activation::Relu
    } else if find("Sigmoid") {
        Activation::Sigmoid
    } else if find("Tanh") {
        Activation::Tanh
    } else if find("LeakyRelu") && number(next, "alpha", 0.01) > 0.0 {
        Activation::LeakyRelu {
            slope: number(next, "alpha", 0.01),
        }
    } else if find("Clip") {
        let limit = |i: usize, name: &str, free: f32| match next.inputs.get(i) {
            Some(Some(id)) => draft.number(Some(*id)),
            _ => Some(number(next, name, free)),
        };
        match (limit(1, "min", f32::NEG_INFINITY), limit(2, "max", f32::INFINITY)) {
            (Some(low), Some(high)) => Activation::Clip { low, high },
            _ => return false,
        }
    } else if !taped && find("HardSwish") {
        Activation::HardSwish
    } else if !taped && find("Gelu") {
        let tanh = matches!(next.attrs.get("approximate"), Some(Attr::Str(s)) if s == "tanh");
        Activation::Gelu(if tanh { Form::Tanh } else { Form::Exact })
    } else {
        return false;
    };
    fused.activation = activation;
    true
}

fn number(node: &Node, name: &str, default: f32) -> f32 {
    match node.attrs.get(name) {
        Some(Attr::Float(v)) => *v,
        _ => default,
    }
}
