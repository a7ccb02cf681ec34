//! The row a job's end is written to.

use glassboard_store::{CheckpointId, InputId};
use serde::{Deserialize, Serialize};

/// What a job is about. Stored with the job, so that its end finds its row after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "row")]
pub enum Subject {
    /// A scan's checkpoint.
    Checkpoint {
        /// Row id.
        id: CheckpointId,
    },
    /// An inspection's input.
    Input {
        /// Row id.
        id: InputId,
    },
    /// An explanation, a prediction or activations.
    Answer {
        /// Hash of the question, 64 hex digits.
        id: String,
    },
    /// The parity gate of a checkpoint.
    Parity {
        /// Row id.
        id: CheckpointId,
    },
    /// Two models on the same inputs.
    Comparison {
        /// Hash of the question, 64 hex digits.
        id: String,
    },
    /// A picture of an embedding.
    Projection {
        /// Hash of the question and the points, 64 hex digits.
        id: String,
    },
}
