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

mod curve;
mod event;
mod framing;
mod graph;
mod graph_text;
mod histogram;
mod hparams;
mod layout;
mod measure;
mod media;
mod mesh;
mod payload;
pub mod pbtxt;
mod tensor;
mod wave;
mod wire;
pub mod write;

pub use curve::PrCurve;
pub use event::{Body, Data, Event, Metadata, SummaryValue, Values};
pub use framing::{Frame, MAX_RECORD, frame};
pub use graph::{GraphDef, GraphNode, NodeCost, Profile, Setting};
pub use hparams::{Declared, Domain, Hparam, HparamInfo, Hparams, MetricInfo, SessionEnd, SessionStart};
pub use layout::{Category, Chart, Content, Layout, Margin};
pub use measure::Measure;
pub use media::{Images, Sound, Texts};
pub use mesh::{MeshInfo, MeshPart, Part};
pub use payload::plugin_kind;
pub use tensor::Tensor;
pub use wave::Wave;

/// What a value is, by its plugin or by its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// One number.
    Scalar,
    /// Bins with counts.
    Histogram,
    /// Encoded pictures.
    Image,
    /// Encoded sounds.
    Audio,
    /// Strings.
    Text,
    /// Precision and recall over thresholds.
    PrCurve,
    /// Hyperparameters in the metadata.
    Hparams,
    /// A layout of charts.
    CustomScalars,
    /// A part of a point cloud or mesh.
    Mesh,
    /// A graph, or what it cost to run.
    Graph,
    /// Any tensor.
    Tensor,
    /// A plugin's that is not known here.
    Other,
}

impl ValueKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Scalar,
        Self::Histogram,
        Self::Image,
        Self::Audio,
        Self::Text,
        Self::PrCurve,
        Self::Hparams,
        Self::CustomScalars,
        Self::Mesh,
        Self::Graph,
        Self::Tensor,
        Self::Other,
    ];
}

/// Bytes that are not what they should be: skip the record or value and report the sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
