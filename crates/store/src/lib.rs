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
mod clock;
mod error;
pub mod logs;
mod open;

pub use actor::{Actor, ProjectId};
pub use clock::{Clock, ManualClock, Micros, SystemClock};
pub use error::StoreError;
pub use open::Store;

/// What every call here answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
