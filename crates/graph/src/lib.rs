//! The layer graph as people see it.
//!
//! **What it is.** A [`Description`] of nodes and constants goes in, [`LayerGraph`] orders it and
//! folds it into scopes, [`LayerGraph::rows`] gives the rows and edges of `GET /models/{m}/graph`
//! for any set of opened groups, and [`with_statistics`] lays tensor statistics over them.
//!
//! **What it promises.** Every node is in exactly one row when all is open; rows are in an order
//! in which everything is computed before it is read; opening a group adds rows below it and
//! moves nothing else. Time grows with the size of the graph, not faster.
//!
//! **What it must never know.** File formats, arrays, SQL, HTTP.

mod describe;
mod detail;
mod error;
mod graph;
mod order;
mod rows;
mod scope;
mod stack;
mod stats;
mod tree;
mod view;

pub use describe::{Attribute, Constant, Description, Node, Port, Shape};
pub use error::GraphError;
pub use graph::LayerGraph;
pub use rows::{Edge, Histogram, Row, RowKind, Rows};
pub use scope::scope_from_metadata;
pub use stats::{TensorStatistics, with_statistics};
pub use view::{Stacks, View};
