//! Training logs: experiments, runs, series of points, and the event files they came from.
//!
//! A *series* is a tag of a run; a *stream* is what one file adds to it, in the order written. Nothing is
//! rewritten when a training restarts: [`lanes`] decides at query time what a later part supersedes.

mod append;
mod catalogue;
mod chunks;
mod delete;
mod embeddings;
mod experiments;
mod files;
mod hparams;
mod lanes;
mod organise;
mod parts;
mod record_blocks;
mod records;
mod scalars;
mod summaries;
mod types;
mod upgrade;
mod view;
mod warm;

pub use append::{Appended, FileBatch, Restart, Skip, StreamBatch, Values};
pub use embeddings::{Embedding, NewEmbedding};
pub use experiments::ExperimentId;
pub use files::{FileMark, KnownFile, KnownSeries};
pub use hparams::{Reached, Session};
pub use organise::{DeletedRun, Deletion, GRACE, RunEdit};
pub use summaries::{MetricSummary, RunRecord};
pub use types::*;
pub(crate) use warm::Warm;

use crate::{Result, StoreError};

/// Compressing and decompressing is computing: it never runs on the threads that answer requests.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Damaged(format!("stored values could not be read ({error})")))?
}
