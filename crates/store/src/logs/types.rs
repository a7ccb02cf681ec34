//! What the log aggregate speaks of.

use serde::Serialize;

/// What a tag holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One number a step.
    Scalar,
    /// A histogram a step.
    Histogram,
    /// Encoded pictures a step.
    Image,
    /// Encoded sounds a step.
    Audio,
    /// Strings a step.
    Text,
    /// Precision and recall over thresholds, a step.
    PrCurve,
    /// Hyperparameters of a run (they are shown with the run).
    Hparams,
    /// A layout of charts.
    CustomScalars,
    /// A part of a point cloud or mesh, a step.
    Mesh,
    /// A graph of operations or layers, or what it cost to run.
    Graph,
    /// Any tensor.
    Tensor,
    /// What no page of ours shows: kept as written, listed with its plugin's name.
    Other,
}

impl Kind {
    const ALL: [Self; 12] = [
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

    /// The word in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Histogram => "histogram",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::PrCurve => "pr_curve",
            Self::Hparams => "hparams",
            Self::CustomScalars => "custom_scalars",
            Self::Mesh => "mesh",
            Self::Graph => "graph",
            Self::Tensor => "tensor",
            Self::Other => "other",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Which message the bytes of a stored value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// No bytes: the value said nothing.
    Nothing = 0,
    /// `Summary.Image`.
    Image = 1,
    /// `HistogramProto`.
    Histogram = 2,
    /// `Summary.Audio`.
    Audio = 3,
    /// `TensorProto`.
    Tensor = 4,
    /// The plugin's bytes in the value's metadata: hyperparameters live there.
    Content = 5,
    /// `GraphDef`.
    Graph = 6,
    /// `RunMetadata`.
    RunMetadata = 7,
    /// `MetaGraphDef`.
    MetaGraph = 8,
    /// `simple_value`, four bytes, where the tag's plugin is none of scalars.
    Number = 9,
}

impl Form {
    /// The form of that number in the database.
    pub fn parse(number: u8) -> Option<Self> {
        [
            Self::Nothing,
            Self::Image,
            Self::Histogram,
            Self::Audio,
            Self::Tensor,
            Self::Content,
            Self::Graph,
            Self::RunMetadata,
            Self::MetaGraph,
            Self::Number,
        ]
        .into_iter()
        .find(|form| *form as u8 == number)
    }
}

/// One series of one run, and what its tag says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesInfo {
    /// The run's name.
    pub run: String,
    /// The run's id.
    pub run_id: String,
    /// The tag.
    pub tag: String,
    /// What it holds.
    pub kind: Kind,
    /// The plugin its first value named; may be empty.
    pub plugin: String,
    /// A name for people; may be empty.
    pub title: String,
    /// Markdown; may be empty.
    pub description: String,
    /// The plugin's own bytes.
    pub content: Vec<u8>,
    /// TensorBoard's `DataClass`: 0 unknown, 1 scalar, 2 tensor, 3 blob sequence.
    pub class: i64,
    /// Values.
    pub points: i64,
    /// The first value's step.
    pub first_step: i64,
    /// The last value's step.
    pub last_step: i64,
    /// The earliest time, seconds since 1970.
    pub first_wall: f64,
    /// The latest time, seconds since 1970.
    pub last_wall: f64,
}

/// Which values of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Every one.
    All,
    /// At most so many, spread evenly, the first and the last among them.
    Spread(usize),
    /// The last.
    Last,
}

/// Values of a series that are no numbers, in order of time; what a restart superseded is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// How many there are.
    pub total: usize,
    /// Those picked.
    pub records: Vec<StoredRecord>,
}

/// Where a stored value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId {
    /// The stream's row.
    pub stream: i64,
    /// The value's index in it.
    pub index: i64,
}

/// A stored value's head.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordHead {
    /// Where it is.
    pub id: RecordId,
    /// Its step.
    pub step: i64,
    /// Its time, seconds since 1970; NaN as logged.
    pub wall: f64,
    /// Which message its bytes are.
    pub form: Form,
    /// Bytes.
    pub size: u32,
    /// Things logged together.
    pub parts: u32,
    /// Of a picture, as logged, in pixels.
    pub width: u32,
    /// Of a picture, as logged, in pixels.
    pub height: u32,
}

/// A stored value.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// Its head.
    pub head: RecordHead,
    /// The message it was logged as.
    pub body: Vec<u8>,
}

/// An experiment: one log folder, or the name given to an import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExperimentSummary {
    /// Its name in URLs.
    pub slug: String,
    /// Its name on pages.
    pub name: String,
    /// The log folder it is read from, if it is one.
    pub root: Option<String>,
    /// Runs that are not deleted.
    pub runs: i64,
    /// Values of every kind.
    pub points: i64,
    /// Different tags.
    pub tags: i64,
    /// The latest event, seconds since 1970.
    pub last_wall: Option<f64>,
    /// Runs with an event in the last minute.
    pub running: i64,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// Its id in URLs: short, and the same when the same logs are imported again.
    pub id: String,
    /// The folder relative to the experiment's root; the root itself is `.`. Never changes.
    #[serde(rename = "folder")]
    pub name: String,
    /// What people call it: the name somebody gave it, else the folder's.
    #[serde(rename = "name")]
    pub title: String,
    /// Labels, sorted.
    #[serde(rename = "tags")]
    pub labels: Vec<String>,
    /// Kept, but not listed.
    pub archived: bool,
    /// Listed first.
    pub pinned: bool,
    /// Values of every kind.
    pub points: i64,
    /// The first event, seconds since 1970.
    pub first_wall: Option<f64>,
    /// The latest event, seconds since 1970.
    pub last_wall: Option<f64>,
    /// An event in the last minute.
    pub running: bool,
    /// Stretches of its files that could not be read.
    pub skipped: i64,
}

/// One run in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// Its event files.
    pub files: Vec<RunFile>,
    /// What could not be read, with file and offset.
    pub skipped: Vec<SkippedBytes>,
    /// Hyperparameters by name: a JSON object, empty where none were logged.
    pub hparams: serde_json::Value,
    /// What somebody wrote about it, in Markdown.
    pub notes: String,
    /// Where its writers said that they start over.
    pub restarts: Vec<RunRestart>,
}

/// A writer's word that a training starts over.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRestart {
    /// The file it is in.
    pub file: String,
    /// The step it goes on from.
    pub step: i64,
    /// When, seconds since 1970.
    pub wall: f64,
}

/// An event file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunFile {
    /// Where it was read.
    pub path: String,
    /// Its size when last seen.
    pub bytes: i64,
    /// How far it is read.
    pub read: i64,
}

/// A stretch of an event file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedBytes {
    /// The file's path.
    pub file: String,
    /// Where it starts.
    pub offset: i64,
    /// How long it is.
    pub bytes: i64,
    /// What is wrong with it, in a sentence.
    pub reason: String,
}

/// A tag of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagSummary {
    /// Its name.
    pub tag: String,
    /// What it holds.
    pub kind: Kind,
    /// The plugin that logged it, where a value said so.
    pub plugin: String,
    /// Ids of the runs that have it, in the run list's order.
    pub runs: Vec<String>,
    /// Values in all of them.
    pub points: i64,
}

/// The horizontal axis of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// The step.
    Step,
    /// Seconds since the run's first point of the tag.
    Relative,
    /// Seconds since 1970.
    Wall,
}

impl Axis {
    /// The axis of that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "step" => Some(Self::Step),
            "relative" => Some(Self::Relative),
            "wall" => Some(Self::Wall),
            _ => None,
        }
    }
}

/// What a chart asks for: one tag, many runs, one window, one bucket grid for all.
#[derive(Debug, Clone)]
pub struct ScalarQuery {
    /// The tag.
    pub tag: String,
    /// Run ids; `None` is every run that has the tag.
    pub runs: Option<Vec<String>>,
    /// The horizontal axis.
    pub axis: Axis,
    /// The window's left end on that axis, inclusive.
    pub from: Option<f64>,
    /// The window's right end on that axis, inclusive.
    pub to: Option<f64>,
    /// Columns of pixels, 1 to 10 000: at most four points are answered a column and run.
    /// `None` answers every point.
    pub columns: Option<usize>,
    /// TensorBoard's smoothing weight, 0 (none) to 0.999.
    pub smoothing: f64,
    /// Also show what a restart has superseded.
    pub superseded: bool,
}

/// Whether a series is answered whole or in buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every point of the window.
    Raw,
    /// First, minimum, maximum and last of each column.
    Buckets,
}

/// One run's answer to a [`ScalarQuery`]; the columns are of one length, in order of x.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarSeries {
    /// The run's id.
    pub run: String,
    /// Whole or in buckets.
    pub mode: Mode,
    /// Points in the window.
    pub total: usize,
    /// The axis asked for.
    pub x: Vec<f64>,
    /// Values; NaN and infinities as logged.
    pub y: Vec<f64>,
    /// Smoothed over the raw points.
    pub smooth: Vec<f64>,
    /// Steps.
    pub step: Vec<i64>,
    /// Seconds since 1970.
    pub wall: Vec<f64>,
    /// Points of the window that are no number, at most 1 000 (`nonfinite_total` counts all).
    pub nonfinite: Vec<NonFinite>,
    /// How many there are.
    pub nonfinite_total: usize,
}

/// A point that is no number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NonFinite {
    /// Where, on the axis asked for.
    pub x: f64,
    /// `nan`, `inf` or `-inf`.
    pub kind: &'static str,
}

/// Points of one series, in order of arrival or of step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Points {
    /// Steps.
    pub step: Vec<i64>,
    /// Seconds since 1970.
    pub wall: Vec<f64>,
    /// Values, bit for bit.
    pub value: Vec<f64>,
}

/// A run's latest value of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LatestValue {
    /// Its step.
    pub step: i64,
    /// Its time, seconds since 1970.
    pub wall: f64,
    /// The value: may be no number.
    pub value: f64,
}
