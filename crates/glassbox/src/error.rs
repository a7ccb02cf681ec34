//! Why a file of trees was not read.

/// A sentence for the reader: what, where, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file says something that cannot be true.
    #[error("the {format} file is damaged: {reason}")]
    Damaged {
        /// What the file is, for people.
        format: &'static str,
        /// What is wrong, and where.
        reason: String,
    },
    /// The file is sound, but what it needs is not read. The sentence says what to do instead.
    #[error("{0}")]
    Unsupported(String),
}

impl ReadError {
    pub(crate) fn damaged(format: &'static str, reason: impl Into<String>) -> Self {
        Self::Damaged {
            format,
            reason: reason.into(),
        }
    }
}
