//! Why a text could not be read.

/// A sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TextError(pub String);

impl TextError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
