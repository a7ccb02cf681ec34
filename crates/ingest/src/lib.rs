//! Log folders into the store: once, or for as long as they grow.
//!
//! **What it is.** [`import_once`] walks a folder and reads every event file from where it was left;
//! [`watch`] does so again whenever a file grows, and tells what changed.
//!
//! **What it promises.** The position in a file is committed with the points it gave, so a restart
//! reads nothing twice and loses nothing. A file that was cut or replaced is read anew, never
//! doubled. What cannot be read is reported with file, offset and reason. One file is open at a
//! time. All of it runs on the caller's thread or its own, never on the threads that answer requests.
//!
//! **What it must never know.** HTTP, pages, how points are stored.

mod bucket;
mod embeddings;
mod file;
mod gather;
mod import;
mod lines;
mod place;
mod receive;
mod report;
mod send;
mod survey;
mod walk;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use bucket::{Bucket, BucketError};
pub use import::{Imported, import_once};
pub use lines::{Lines, Written, write_lines};
pub use place::Place;
pub use receive::{Piece, receive, whole};
pub use report::report;
pub use send::{Local, local_files, next_piece};
pub use survey::{Survey, survey};
pub use walk::is_event_file;
pub use watch::{Change, Progress, Watcher, watch};

/// A folder of logs, or one event file, here or in a bucket.
#[derive(Debug, Clone)]
pub struct Root {
    /// Where it is.
    pub place: Place,
    /// The experiment's name; without one the folder is the experiment, and gives it its name.
    pub name: Option<String>,
}

/// Asks a running import or watch to end after the batch at hand. Clones speak of the same work.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the work soon.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why logs could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The folder or file is not there or cannot be read. Tell the user.
    #[error("{path} cannot be read: {source}")]
    Path {
        /// Which.
        path: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The address leads to no bucket, or the environment does not say how to reach it. Tell the user.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// The thread that was to write them ended; nothing of the batch was kept. Try again later.
    #[error("what was read could not be written: {0}")]
    Ended(String),
    /// A line of a batch is not what a line is; nothing of the batch was kept. Tell the sender.
    #[error("line {number}: {reason}; nothing of the batch was kept")]
    Line {
        /// From 1.
        number: usize,
        /// A sentence.
        reason: String,
    },
    /// Something before this was not received; nothing was kept. The sender goes on from `next`.
    #[error("this begins at {sent}, but what is here ends at {next}; send on from there")]
    Gap {
        /// Where the sender is.
        sent: u64,
        /// Where the store is.
        next: u64,
    },
    /// The piece does not end with a record where its sender says; nothing was kept.
    #[error("the piece is said to end at byte {claimed}, but its last whole record ends at {end}; send whole records")]
    Cut {
        /// Where the last whole record ends.
        end: u64,
        /// Where the sender stands.
        claimed: u64,
    },
    /// The run was deleted here; nothing was kept. Tell the sender.
    #[error("the run {run:?} was deleted here and is not written again")]
    Deleted {
        /// Its name.
        run: String,
    },
    /// The store did not take the points; nothing of the batch was kept. Try again later.
    #[error(transparent)]
    Store(#[from] glassboard_store::StoreError),
}

/// A `TensorProto` that holds one string.
fn text_tensor(text: &str) -> Vec<u8> {
    const STRING: i64 = 7;
    let tensor = glassboard_events::write::Message::default().integer(1, STRING);
    tensor.bytes(8, text.as_bytes()).0
}
