//! Why a job was not done, in the words the caller shows.

use glassboard_explain::ExplainError;
use glassboard_jobs::protocol::Fault;
use glassboard_model::ModelError;

/// A job that cannot be done: whose fault, and one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    /// Whose fault.
    pub fault: Fault,
    /// What, where, what to do.
    pub message: String,
}

impl Trouble {
    /// The file or the parameters are wrong.
    pub fn input(message: impl Into<String>) -> Self {
        Self {
            fault: Fault::Input,
            message: message.into(),
        }
    }

    /// A format or an operator we do not have.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self {
            fault: Fault::Unsupported,
            message: message.into(),
        }
    }

    /// Ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self {
            fault: Fault::Internal,
            message: message.into(),
        }
    }
}

impl From<ModelError> for Trouble {
    fn from(error: ModelError) -> Self {
        let fault = match &error {
            ModelError::Unsupported(_) => Fault::Unsupported,
            ModelError::Input(_) | ModelError::NoSuchValue(_) | ModelError::TooLarge(_) => Fault::Input,
            ModelError::Cancelled => Fault::Cancelled,
            ModelError::Failed(_) => Fault::Internal,
        };
        Self {
            fault,
            message: match error {
                ModelError::TooLarge(text) => {
                    format!("{text}; use a smaller batch, or start the server with a larger --worker-memory")
                }
                other => other.to_string(),
            },
        }
    }
}

impl From<ExplainError> for Trouble {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::Model(error) => error.into(),
            ExplainError::Parameters(message) => Self::input(message),
        }
    }
}
