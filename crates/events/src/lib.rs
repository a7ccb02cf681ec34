//! TensorBoard event files: framing, decoding, and a small writer.
//!
//! **What it is.** A reader written by hand over borrowed bytes: [`frame`] cuts a buffer into
//! records, [`Event`] and its parts decode one record, [`Payload`] says what a value means.
//!
//! **What it promises.** It is total: any bytes give records, reports or "more bytes are needed",
//! never a panic, and no allocation larger than the bytes at hand. Every record's CRCs are checked.
//! What cannot be read is named with offset, length and reason.
//!
//! **What it must never know.** Files and folders, the store, how points are kept.

mod event;
mod framing;
mod hparams;
mod payload;
mod tensor;
mod wire;
pub mod write;

pub use event::{Body, Data, Event, Metadata, SummaryValue, Values};
pub use framing::{Frame, MAX_RECORD, frame};
pub use hparams::{Hparam, Hparams};
pub use payload::{Payload, plugin_kind};
pub use tensor::Tensor;

/// What a value is, by its plugin or by its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// One number.
    Scalar,
    /// Bins with counts.
    Histogram,
    /// Encoded pictures.
    Image,
    /// Strings.
    Text,
    /// Hyperparameters in the metadata.
    Hparams,
    /// Something else: listed, not decoded.
    Other,
}

/// Bytes that are not what they should be: skip the record or value and report the sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
