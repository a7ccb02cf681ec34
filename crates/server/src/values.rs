//! Stored values as what they mean: the message a value was logged as, decoded when somebody looks.

use std::fmt;
use std::str::FromStr;

use axum::http::StatusCode;
use glassboard_events::{Data, Malformed};
use glassboard_store::logs::{Form, RecordId, StoredRecord};

use crate::problem::Problem;

/// The message of a stored value.
pub fn data(record: &StoredRecord) -> Data<'_> {
    let bytes = &record.body[..];
    match record.head.form {
        Form::Image => Data::Image(bytes),
        Form::Histogram => Data::Histogram(bytes),
        Form::Audio => Data::Audio(bytes),
        Form::Tensor => Data::Tensor(bytes),
        Form::Number => bytes
            .first_chunk()
            .map_or(Data::Nothing, |number| Data::Number(f32::from_le_bytes(*number))),
        Form::Nothing | Form::Content | Form::Graph | Form::RunMetadata | Form::MetaGraph => Data::Nothing,
    }
}

/// One of the things logged together, as addresses name it: `stream.index.part`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartId {
    /// The value.
    pub record: RecordId,
    /// Which of its parts.
    pub part: usize,
}

impl PartId {
    /// The first part, which stands for the whole where things are not told apart.
    pub const fn whole(record: RecordId) -> Self {
        Self { record, part: 0 }
    }
}

impl fmt::Display for PartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.record.stream, self.record.index, self.part)
    }
}

impl FromStr for PartId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let numbers: Option<Vec<i64>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[stream, index, part]) if part >= 0 => Ok(Self {
                record: RecordId { stream, index },
                part: part as usize,
            }),
            _ => Err(Problem::not_found(format!("There is no logged value {text:?}."))),
        }
    }
}

/// A value that is not what its tag says: it was logged so, and is kept as it is.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
pub fn damaged(error: Malformed) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        format!("This value cannot be shown, its bytes are kept as they were logged: {error}."),
    )
}
