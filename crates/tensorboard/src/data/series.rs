//! A series as TensorBoard lists it.

use glassboard_store::logs::Kind;

/// How the points of a series are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nobody said.
    Unknown,
    /// A number a step.
    Scalar,
    /// A tensor a step.
    Tensor,
    /// Byte strings a step.
    Blobs,
}

impl Class {
    /// The number in `SummaryMetadata`.
    pub const fn number(self) -> i32 {
        match self {
            Self::Unknown => 0,
            Self::Scalar => 1,
            Self::Tensor => 2,
            Self::Blobs => 3,
        }
    }

    /// What the writer declared, or what is known of the plugins that TensorBoard has.
    pub fn of(declared: i64, plugin: &str) -> Self {
        match (declared, plugin) {
            (1, _) | (0, "scalars") => Self::Scalar,
            (2, _) | (0, "histograms" | "text" | "hparams" | "pr_curves" | "mesh" | "custom_scalars") => Self::Tensor,
            (3, _)
            | (
                0,
                "images"
                | "audio"
                | "graphs"
                | "graph_run_metadata"
                | "graph_run_metadata_graph"
                | "graph_keras_model"
                | "graph_tagged_run_metadata",
            ) => Self::Blobs,
            _ => Self::Unknown,
        }
    }
}

/// A series: a tag of a run, and what its writer says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The run, by the name clients see.
    pub run: String,
    /// The tag.
    pub tag: String,
    /// Whose series it is.
    pub plugin: String,
    /// The plugin's own bytes.
    pub content: Vec<u8>,
    /// A name for people.
    pub title: String,
    /// Markdown.
    pub description: String,
    /// How it is read.
    pub class: Class,
    /// The largest step.
    pub max_step: i64,
    /// The latest time, seconds since 1970.
    pub max_wall: f64,
    /// How many points it has.
    pub points: i64,
    /// What the store calls it.
    pub(crate) kind: Kind,
    /// Where it is in the store.
    pub(crate) place: Place,
}

/// Where a series is in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub experiment: String,
    pub run: String,
}

/// The plugin and its content for a tag whose writer named none: an old summary, of which the kind of value is
/// all there is to know. `title` becomes the tag's name where there is none, as TensorBoard has it.
pub(crate) fn adopt(kind: Kind, tag: &str, title: &mut String) -> Option<(&'static str, &'static [u8])> {
    let (plugin, content): (_, &[u8]) = match kind {
        Kind::Scalar => ("scalars", &[]),
        Kind::Histogram => ("histograms", &[]),
        // `converted_to_tensor`; for sound also the encoding, WAV.
        Kind::Image => ("images", &[0x10, 1]),
        Kind::Audio => ("audio", &[0x10, 0x0b, 0x18, 1]),
        _ => return None,
    };
    if title.is_empty() {
        tag.clone_into(title);
    }
    Some((plugin, content))
}
