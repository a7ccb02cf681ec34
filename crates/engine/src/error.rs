//! What can go wrong, by what the caller should do about it.

use glassboard_checkpoints::text::{sentence, short};
use glassboard_model::ModelError;

use crate::shapes::{Need, Pass, size_text};

/// Why a graph could not be opened, planned or run. The sentences hold names from the file: they are cut and cleaned
/// when they are shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The file could not be read as a model. Show the sentence; another file is needed.
    #[error("{}", sentence(.0))]
    Load(String),
    /// The graph is not a graph that can be executed (a cycle, a name nobody produces ...).
    #[error("the graph is broken: {}", sentence(.0))]
    Graph(String),
    /// The graph is sound but uses something this engine does not have.
    #[error("{}", sentence(.0))]
    Unsupported(String),
    /// A node refused its inputs, or its kernel failed.
    #[error("node `{}` ({}): {}", short(.node), short(.op), sentence(.reason))]
    Node {
        /// The author's name of the node, or the name of its first output.
        node: String,
        /// Operator with its domain.
        op: String,
        /// One sentence.
        reason: String,
    },
    /// The arrays given do not fit the graph. Mend the input.
    #[error("{}", sentence(.0))]
    Input(String),
    /// The value asked for would not fit into the memory limit.
    #[error(
        "node `{}` ({}) needs {needed} bytes with {live} in use, over the limit of {limit}; use a smaller batch or raise the memory limit",
        short(.node),
        short(.op)
    )]
    Memory {
        /// The node that asked.
        node: String,
        /// Its operator.
        op: String,
        /// Bytes of the value about to be made.
        needed: u64,
        /// Bytes of the values alive at that moment.
        live: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The whole pass would not fit, told before any of its values is made.
    #[error("{}; use a smaller batch or raise the memory limit", too_large(*.pass, *.rows, *.need, *.limit))]
    TooLarge {
        /// What was to be run.
        pass: Pass,
        /// Rows of the first input.
        rows: usize,
        /// What it would need.
        need: Need,
        /// The limit in bytes.
        limit: u64,
    },
    /// No value of that name.
    #[error("the graph has no value named `{}`", short(.0))]
    NoSuchValue(String),
}

fn too_large(pass: Pass, rows: usize, need: Need, limit: u64) -> String {
    let what = match pass {
        Pass::Forward => "running",
        Pass::Gradient | Pass::Pair => "explaining",
    };
    let limit = size_text(limit);
    format!("{what} a batch of {rows} needs {need}, over the limit of {limit}")
}

impl From<EngineError> for ModelError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Unsupported(text) => Self::Unsupported(text),
            EngineError::Input(text) => Self::Input(text),
            EngineError::NoSuchValue(name) => Self::NoSuchValue(name),
            EngineError::TooLarge {
                pass,
                rows,
                need,
                limit,
            } => Self::TooLarge(too_large(pass, rows, need, limit)),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// What an operator's function may answer; the interpreter adds the node's name.
#[derive(Debug, Clone)]
pub enum OpError {
    /// Inputs or attributes make no sense.
    Bad(String),
    /// Legal ONNX that this engine does not do.
    Unsupported(String),
    /// The result would not fit: bytes asked for.
    Memory(u64),
    /// An error of a node inside a subgraph, already complete.
    Inner(EngineError),
}

impl OpError {
    /// A refused input, from any displayable sentence.
    pub fn bad(reason: impl Into<String>) -> Self {
        Self::Bad(reason.into())
    }

    /// Something legal that is not done.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported(reason.into())
    }
}
