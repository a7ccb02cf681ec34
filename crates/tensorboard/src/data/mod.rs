//! The store in TensorBoard's words: runs, tags, plugins, data classes, points, blobs.

mod array;
mod blob_key;
mod convert;
mod filter;
mod known;
mod points;
mod provider;
mod read;
mod scope;
mod series;
mod thin;

pub use array::{Array, Numbers, number};
pub use filter::Filter;
pub use points::{BlobSeries, RunEntry, ScalarSeries, TensorSeries};
pub use provider::Provider;
pub use scope::Scope;
pub use series::{Class, Series};

use glassboard_store::StoreError;

/// Why something cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing of that name. Answer 404.
    #[error("{0}")]
    NotFound(String),
    /// The question makes no sense; the sentence says why. Answer 400.
    #[error("{0}")]
    Invalid(String),
    /// Stored bytes are not what their plugin says. Answer 500.
    #[error("{0}")]
    Malformed(String),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task of ours failed.
    #[error("a task failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<glassboard_events::Malformed> for ReadError {
    fn from(error: glassboard_events::Malformed) -> Self {
        Self::Malformed(error.0.to_owned())
    }
}

/// What every reading here answers.
pub type Result<T, E = ReadError> = std::result::Result<T, E>;
