//! What can go wrong in the store, by what the caller should do.

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory cannot be used; the sentence says what to change. Stop.
    #[error("{0}")]
    Directory(String),
    /// Nothing of that name that this actor may see. Answer 404.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// "run", "model", "input" ...
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// The row changed under the caller, or exists already. Answer 409.
    #[error("{0}")]
    Conflict(String),
    /// More is asked for than one answer may hold; the sentence says what to ask instead. Answer 400.
    #[error("{0}")]
    TooMuch(String),
    /// Stored bytes do not decode: the data directory is damaged. Report, do not retry.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// The disk is full, or the database is busy past its timeout. Retry later.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed. Stop: nothing was changed.
    #[error("the database could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A file operation failed. Retry later.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
}
