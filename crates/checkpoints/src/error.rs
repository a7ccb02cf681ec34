//! Why a file could not be read, by what the caller should do.

use crate::text::sentence;

/// An error of a file format. Its sentences hold names from the file: they are cut and cleaned when they are shown.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file is not what it claims to be. Show the sentence; another file is needed.
    #[error("{}", sentence(.0))]
    Damaged(String),
    /// A format or an element type that is not read. Show the sentence (exit code 3).
    #[error("{}", sentence(.0))]
    Unsupported(String),
    /// The file asks for more than a limit. Show the sentence.
    #[error("{}", sentence(.0))]
    Limit(String),
    /// The operating system refused. Try again.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}
