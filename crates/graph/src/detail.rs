//! The one short fact beside a row's name.

use crate::{Attribute, Constant, LayerGraph, Node};

/// A shape as people write it: `N×3×224×224`; a free axis is `N` in front and `?` elsewhere.
pub(crate) fn shape(shape: &[Option<usize>]) -> String {
    let axis = |(i, size): (usize, &Option<usize>)| match size {
        Some(size) => size.to_string(),
        None if i == 0 => "N".to_owned(),
        None => "?".to_owned(),
    };
    if shape.is_empty() {
        "scalar".to_owned()
    } else {
        shape.iter().enumerate().map(axis).collect::<Vec<_>>().join("×")
    }
}

/// What a node does, as far as one glance takes it in.
pub(crate) fn of_node(graph: &LayerGraph, node: &Node, label: &str) -> String {
    let constant = |at: usize| node.inputs.get(at).and_then(|name| graph.constant(name));
    let special = match node.op.as_str() {
        "Conv" => constant(1).and_then(|weight| convolution(node, weight, false)),
        "ConvTranspose" => constant(1).and_then(|weight| convolution(node, weight, true)),
        "Gemm" => constant(1).and_then(|weight| linear(weight, int(node, "transB") == Some(1))),
        "MatMul" => constant(1).and_then(|weight| linear(weight, false)),
        "BatchNormalization" | "InstanceNormalization" | "LayerNormalization" | "GroupNormalization" => {
            constant(1).map(|scale| times(&scale.shape))
        }
        "MaxPool" | "AveragePool" | "LpPool" => {
            ints(node, "kernel_shape").map(|kernel| with_stride(node, times(kernel)))
        }
        "Gather" => constant(0)
            .filter(|table| table.shape.len() > 1)
            .map(|table| times(&table.shape)),
        _ => None,
    };
    special.unwrap_or_else(|| plain(graph, node, label))
}

/// The shape of the result where the file says it, else the operator where the label does not.
fn plain(graph: &LayerGraph, node: &Node, label: &str) -> String {
    let known = node.outputs.first().and_then(|name| graph.description.shapes.get(name));
    match known {
        // The batch is the same all the way down.
        Some(all) if all.len() > 1 => shape_inner(&all[1..]),
        Some(all) => shape(all),
        None if label.to_lowercase().starts_with(&node.op.to_lowercase()) => String::new(),
        None => node.op.clone(),
    }
}

fn shape_inner(rest: &[Option<usize>]) -> String {
    rest.iter()
        .map(|size| size.map_or_else(|| "?".to_owned(), |size| size.to_string()))
        .collect::<Vec<_>>()
        .join("×")
}

/// `3×3, 16→32`, with stride and groups where they are not one.
fn convolution(node: &Node, weight: &Constant, transposed: bool) -> Option<String> {
    let [first, second, kernel @ ..] = weight.shape.as_slice() else {
        return None;
    };
    let groups = int(node, "group")
        .and_then(|group| usize::try_from(group).ok())
        .unwrap_or(1)
        .max(1);
    let (from, to) = if transposed {
        (*first, second.saturating_mul(groups))
    } else {
        (second.saturating_mul(groups), *first)
    };
    let text = with_stride(node, format!("{}, {from}→{to}", times(kernel)));
    Some(if groups > 1 {
        format!("{text}, {groups} groups")
    } else {
        text
    })
}

/// `64→10`.
fn linear(weight: &Constant, transposed: bool) -> Option<String> {
    let [.., a, b] = weight.shape.as_slice() else {
        return None;
    };
    Some(if transposed {
        format!("{b}→{a}")
    } else {
        format!("{a}→{b}")
    })
}

fn with_stride(node: &Node, text: String) -> String {
    match ints(node, "strides") {
        Some([first, rest @ ..]) if rest.iter().all(|one| one == first) => {
            if *first == 1 {
                text
            } else {
                format!("{text} /{first}")
            }
        }
        Some(strides) if !strides.is_empty() => format!("{text} /{}", times(strides)),
        _ => text,
    }
}

fn times<T: ToString>(sizes: &[T]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("×")
}

fn int(node: &Node, name: &str) -> Option<i64> {
    match node.attributes.get(name) {
        Some(Attribute::Int(value)) => Some(*value),
        _ => None,
    }
}

fn ints<'a>(node: &'a Node, name: &str) -> Option<&'a [i64]> {
    match node.attributes.get(name) {
        Some(Attribute::Ints(values)) if !values.is_empty() => Some(values),
        _ => None,
    }
}
