//! What can be wrong with a table, in sentences for whoever uploaded it.

/// Why a table could not be read, or a row not be turned into what a model takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The bytes are no table. The caller gives another file.
    #[error("{0}")]
    NotATable(String),
    /// A line of the file is broken. The caller mends it.
    #[error("line {line}: {message}")]
    Line {
        /// Counted from 1, the header included.
        line: u64,
        /// What is wrong with it, and what to do.
        message: String,
    },
    /// The Parquet file cannot be read, or holds what is not read.
    #[error("the Parquet file cannot be read: {0}")]
    Parquet(String),
    /// More columns, cells or labels than are read. The caller gives a part of it.
    #[error("{0}")]
    TooLarge(String),
    /// What was asked of the table does not fit it: a column that is not there, a kind it cannot have.
    #[error("{0}")]
    Options(String),
    /// The table's columns and the model's features do not fit each other.
    #[error("{0}")]
    Features(String),
}
