//! Why an explanation was not made.

use glassboard_model::ModelError;

/// Why an explanation was not made.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The model could not answer.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The parameters do not fit the method or the input. The caller changes them.
    #[error("{0}")]
    Parameters(String),
}

impl ExplainError {
    /// A [`ExplainError::Parameters`] from anything that reads as a sentence.
    pub fn parameters(text: impl Into<String>) -> Self {
        Self::Parameters(text.into())
    }
}
