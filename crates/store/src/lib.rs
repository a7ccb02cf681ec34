//! Everything that outlives a request: rows in SQLite, bytes under their hash.
//!
//! **What it is.** One [`Store`] over a data directory, and one file of plain SQL per aggregate.
//!
//! **What it promises.** What a call acknowledged is on disk (`synchronous = FULL`; blobs are
//! fsynced before their row exists). Every call takes the [`Actor`] who asks; every row belongs to
//! a project. What can be stored can be deleted.
//!
//! **What it must never know.** HTTP, event files, model formats.

mod actor;
mod binding;
mod blobs;
mod clock;
mod comparisons;
mod counts;
mod error;
mod explanations;
mod inputs;
mod jobs;
pub mod logs;
mod models;
mod open;
mod parity;
pub mod private;
mod projections;
mod slug;
mod tx;
mod views;

pub use actor::{Actor, ProjectId};
pub use binding::GraphFound;
pub use blobs::{Blob, BlobWriter};
pub use clock::{Clock, ManualClock, Micros, SystemClock};
pub use comparisons::{ComparisonRow, NewComparison};
pub use counts::Counts;
pub use error::StoreError;
pub use explanations::{AnswerRow, MANY_ROWS, NewAnswer};
pub use inputs::{InputId, InputRow};
pub use jobs::{JobRow, NewJob};
pub use models::{
    AddedCheckpoint, CheckpointId, CheckpointRow, ModelDetail, ModelRow, NewCheckpoint, ScanRows, TensorAt,
};
pub use open::Store;
pub use parity::{NewParity, ParityRow};
pub use projections::{NewProjection, ProjectionRow};
pub use tx::Tx;
pub use views::SavedView;

/// What every call here answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
