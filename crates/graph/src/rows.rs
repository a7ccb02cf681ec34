//! What a page draws: rows top-down and the edges between them.

use serde::{Deserialize, Serialize};

/// Answer of [`crate::LayerGraph::rows`], as `GET /models/{m}/graph` sends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// Rows top-down; an open group's row is followed by the rows inside it.
    pub rows: Vec<Row>,
    /// Edges between rows that are not open groups; each pair once, in order of `to`, then `from`.
    pub edges: Vec<Edge>,
    /// The depth in force: the one asked for, or the one chosen where none was.
    pub depth: u32,
    /// How many levels the graph has: a greater depth shows nothing more.
    pub levels: u32,
    /// What was set aside, closed and without edges.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub aside: Vec<Row>,
}

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowKind {
    /// A graph input.
    Input,
    /// Nodes of one scope, open or closed.
    Group,
    /// One operation.
    Node,
    /// A graph output.
    Output,
}

/// One row of the outline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Stable within the graph: a node's is the name of its first output value.
    pub id: String,
    /// What it stands for.
    pub kind: RowKind,
    /// Short name.
    pub label: String,
    /// Operator, for nodes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub op: Option<String>,
    /// One short fact: `3×3, 16→32`, `4 ops`, a shape.
    pub detail: String,
    /// Nesting, 0 = top.
    pub depth: u32,
    /// Whether a group is open.
    pub open: bool,
    /// How many neighbours of one structure a stack holds, else 0.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub stack: u32,
    /// Number of a group's structure, where other groups have the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub structure: Option<u32>,
    /// Direct children of a group, else 0.
    pub children: u32,
    /// Operations inside (1 for a node).
    pub nodes: u32,
    /// Elements of the trained tensors it reads, shared ones once.
    pub parameters: u64,
    /// Constant tensors it reads.
    pub tensors: Vec<String>,
    /// Those of `tensors` whose values the weights lane shows: one a node.
    pub weights: Vec<String>,
    /// Values that leave it; capture takes these names.
    pub values: Vec<String>,
    /// Histogram of `weights` together; see [`crate::with_statistics`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub histogram: Option<Histogram>,
    /// Standard deviation of `weights` together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub std: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// An edge between two rows of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Id of the row whose value travels.
    pub from: String,
    /// Id of the row that reads it.
    pub to: String,
    /// Whether it jumps over at least one row that is not an open group.
    pub skip: bool,
}

/// Counts between edges; `edges` has one entry more than `counts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Borders of the bins, ascending.
    pub edges: Vec<f64>,
    /// Elements in each bin.
    pub counts: Vec<u64>,
}
