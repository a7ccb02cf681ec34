//! What a file says about its graph, in plain words: the input of this room.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A shape; `None` where the file leaves an axis free (the batch, mostly).
pub type Shape = Vec<Option<usize>>;

/// A graph as its file describes it. Strings are the author's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Graph inputs in order, constants left out.
    pub inputs: Vec<Port>,
    /// Graph outputs in order.
    pub outputs: Vec<Port>,
    /// The nodes in the order of the file.
    pub nodes: Vec<Node>,
    /// Every constant tensor (initialiser).
    pub constants: Vec<Constant>,
    /// Shapes of inner values, where known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shapes: BTreeMap<String, Shape>,
}

/// A graph input or output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Name of the value.
    pub name: String,
    /// Element type, for example `f32`; empty where unknown.
    #[serde(default)]
    pub dtype: String,
    /// Shape, where known.
    #[serde(default)]
    pub shape: Option<Shape>,
}

/// One operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The node's name in the file; may be empty, need not be unique.
    pub name: String,
    /// Operator, for example `Conv`.
    pub op: String,
    /// Names of what it reads, in order, constants among them; an empty name is an optional input
    /// left out. Values that a subgraph reads from outside may follow.
    pub inputs: Vec<String>,
    /// Names of what it writes.
    pub outputs: Vec<String>,
    /// Attributes that fit in a line; tensors and subgraphs are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Module path from the file's metadata, outermost first (see [`crate::scope_from_metadata`]);
    /// `None` where the file has none and the names must do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Vec<String>>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attribute {
    /// A whole number.
    Int(i64),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// A number.
    Float(f64),
    /// Numbers.
    Floats(Vec<f64>),
    /// A word.
    Text(String),
}

/// A constant tensor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant {
    /// Name of the tensor.
    pub name: String,
    /// Element type, for example `f32`, `bf16`, `i64`.
    pub dtype: String,
    /// Shape.
    pub shape: Vec<usize>,
    /// Number of elements.
    pub elements: u64,
}
