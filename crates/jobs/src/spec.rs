//! What a worker can be asked to do, and what it answers. Pure data, JSON on the wire.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::versus::{Null, Versus, Wanted};

/// Bytes a job works on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Source {
    /// A blob on disk; the path is the store's, never a user's.
    Blob {
        /// BLAKE3, 64 hex digits.
        hash: String,
        /// Where the store keeps it.
        path: PathBuf,
    },
    /// Bytes that are kept nowhere: attachment `part` of the request frame.
    Attached {
        /// BLAKE3, 64 hex digits.
        hash: String,
        /// Index into the frame's attachments.
        part: usize,
    },
}

/// An input together with the row of it that is meant (0 for a picture).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputRef {
    /// The bytes: PNG, JPEG, npy, npz or CSV, told apart by content (CSV: what is none of the others).
    pub source: Source,
    /// The name the user gave it; a label, never a path.
    pub name: String,
    /// Row of a table, or index on the batch axis of an array.
    pub row: usize,
    /// What is known of a table, as the user has edited it: kinds of columns, labels, target column. Null where
    /// nothing is.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub facts: Value,
}

/// Rows of a table that are asked about at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first (from 0).
    pub from: usize,
    /// How many; less where the table ends.
    pub count: usize,
}

impl Span {
    /// Every row of any table.
    pub const ALL: Self = Self {
        from: 0,
        count: 1_000_000,
    };
}

/// Rows that stand for "not known".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Background {
    /// BLAKE3 of the table they are taken from, 64 hex digits.
    pub table: String,
    /// How many are drawn from it, all where it has no more.
    pub rows: usize,
}

impl Background {
    /// How many rows where nothing is said: what SHAP's maskers take.
    pub const ROWS: usize = 100;
}

/// Pixels of a picture that are replaced, as the model sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// One bit a pixel of the model's input, row by row from the top left, the first pixel in the lowest bit of the
    /// first byte; base64.
    pub mask: String,
    /// What stands there instead: `zeros`, `mean`, `blur`, `noise`, or a colour `#rrggbb`.
    pub fill: String,
}

/// Inputs that take part beside the one asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The part they play: `concept`, `random`, `training`.
    pub role: String,
    /// What decides what they hold: BLAKE3 of the bytes, together with what was said of a table.
    pub set: String,
    /// Which of its rows; null: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Span>,
    /// Only rows of a table of which this holds, in the query language; `rows` then counts those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// A checkpoint of the training, and the learning rate there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// BLAKE3 of the file that runs it.
    pub model: String,
    /// The learning rate.
    pub rate: f64,
}

/// What takes part beside the input asked about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Company {
    /// Sets of inputs.
    pub members: Vec<Member>,
    /// Checkpoints, first to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// The bytes of a [`Company`], in its order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompanySources {
    /// Of [`Company::members`].
    pub members: Vec<InputRef>,
    /// Of [`Company::steps`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Source>,
}

/// Values by column, in the table's units: a number, a label, or null for a missing value.
pub type Changes = serde_json::Map<String, Value>;

/// One question to the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum JobSpec {
    /// Read a checkpoint. Result: `{"format","parameters":int,"tensors":[as docs/api.md],"summary":{"inputs","outputs",
    /// "metadata","kind","has_graph",..,"export_hint"?},"preprocess":{..}|null,"preprocess_origin":str,
    /// "attachments":[role]}`. The roles name the attachments in order: `graph` is the layer graph as JSON
    /// (`glassboard_graph::LayerGraph`), `run` an ONNX file that runs these weights. An ONNX file runs itself
    /// and sends no `run`.
    Scan {
        /// The uploaded file.
        model: Source,
        /// The name it was uploaded under (a hint for messages only; format is told by content).
        name: String,
        /// The ONNX file whose graph the weights are to be put into, by tensor name; a file whose tensors do
        /// not fit it fails with a sentence that names the first that does not.
        graph: Option<Source>,
    },
    /// Read an input: result `{"kind":"image|array|table|text","rows":n,"columns":[..],"width","height","target_column"?}`,
    /// attachment 0 a PNG thumbnail (at most 512 px) where there is a picture.
    Inspect {
        /// The uploaded file.
        input: InputRef,
    },
    /// Look at a vocabulary or a `tokenizer.json`: result `{"settings":{..},"labels":[..],"kind":str,"tokens":n}`.
    Vocabulary {
        /// The uploaded file.
        file: Source,
    },
    /// Rows of a table, typed: result `{"columns":[..],"kinds":[..],"rows":[[..]],"numbers":[row],"matching":n,"total":n}`.
    Rows {
        /// The uploaded table.
        input: InputRef,
        /// How many rows from `input.row`.
        count: usize,
        /// A column, with a minus before it from high to low.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sort: Option<String>,
        /// Only rows of which this holds, in the query language.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
    },
    /// Whether the model gives what somebody says it gives: result `{"agrees":bool,"rows":n,"compared":n,"tolerance":f,
    /// "max_absolute","max_relative","mismatches":[{"row","output","expected","found"}],"outputs":[..],"sentence"}`.
    Parity {
        /// The model file.
        model: Source,
        /// Rows with the expected outputs: a table, or an npz.
        input: InputRef,
        /// `preprocess.json`, or null to guess.
        preprocess: Value,
        /// `{"columns":[..],"arrays":{..},"output","on","tolerance"}`, see `docs/data-sets.md`.
        asked: Value,
    },
    /// Run the model: result `{"prediction":[f],"probability":[f]|null,"labels":[..],"top":[i],"preprocess":{..}}`; with
    /// `changes` also `columns` (`{"names","kinds"}`) and `row` (the values in the table's units, null where missing);
    /// with `erased` also `picture` (`{"width","height","rgb"}`, three bytes a pixel as base64: what the model was given).
    Predict {
        /// The ONNX file.
        model: Source,
        /// The input.
        input: InputRef,
        /// `preprocess.json`, or null to guess.
        preprocess: Value,
        /// Other values for some columns of a table's row: a number, a label, or null for a missing value. None: the
        /// row as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changes: Option<Changes>,
        /// Pixels that are replaced, one after another; none: the picture as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        erased: Option<Vec<Erased>>,
    },
    /// Time the model on an input: result `{"forward_seconds":f,"backward_seconds":f|null}`, a row each.
    Calibrate {
        /// The model file.
        model: Source,
        /// What it is run on.
        input: InputRef,
        /// `preprocess.json`, or null to guess.
        preprocess: Value,
    },
    /// Explain: result is the explanation object of `docs/api.md`; attachment 0 the arrays in the
    /// columns format (`attribution`, `input`, and what the method's entry names).
    Explain {
        /// The ONNX file.
        model: Source,
        /// The input.
        input: InputRef,
        /// `preprocess.json`, or null to guess.
        preprocess: Value,
        /// Method, parameters, target and so on.
        question: Box<Question>,
        /// The table of [`Question::background`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        background: Option<Box<InputRef>>,
        /// Other values for some columns of the row, as in [`JobSpec::Predict`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changes: Option<Changes>,
        /// The bytes of [`Question::company`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        company: Option<Box<CompanySources>>,
    },
    /// Values of one layer: result `{"layer","shape":[..],"min":[..],"max":[..]}`, attachment 0 the
    /// array in the columns format (`activation`).
    Activations {
        /// The ONNX file.
        model: Source,
        /// The input.
        input: InputRef,
        /// `preprocess.json`, or null to guess.
        preprocess: Value,
        /// ONNX value name.
        layer: String,
    },
    /// The inputs a layer's channels answer to most: result `{"layer","shape":[..],"looked_at":n,"skipped":[{"at","why"}],
    /// "top":[[{"at":i,"value":f}]]}`, a list a channel; `at` is a place in `inputs`.
    Strongest {
        /// The model file.
        model: Source,
        /// The inputs.
        inputs: Vec<InputRef>,
        /// `preprocess.json`, or null to guess.
        preprocess: Value,
        /// ONNX value name.
        layer: String,
        /// How many are named for a channel.
        most: usize,
    },
    /// Place points of many dimensions in few: result `{"points":int,"variance":[f],"kept":{"share","chance","neighbours",
    /// "asked"}}`, attachment 0 the places as 32-bit floats, little endian, point after point.
    Project {
        /// 32-bit floats, little endian, point after point.
        points: Source,
        /// Dimensions of a point.
        width: usize,
        /// `glassboard_projection::Question` as JSON.
        question: Value,
    },
    /// How the weights of two checkpoints differ, tensor by tensor: result as `docs/api.md` has it for `weights`.
    Weights {
        /// The first file.
        a: Source,
        /// The second.
        b: Source,
    },
    /// How far the explanations of two models lie apart on the same inputs: result as `docs/api.md` has it for
    /// `drift`, attachment 0 the maps that are kept (`glassboard_jobs::versus::Kept` says how they lie).
    Drift {
        /// The first model.
        a: Versus,
        /// The second.
        b: Versus,
        /// What both are asked about.
        inputs: Vec<Wanted>,
        /// Method, parameters, target and so on; its rows and its evidence play no part.
        question: Box<Question>,
        /// What the distances are compared with.
        null: Null,
        /// The table of [`Question::background`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        background: Option<Box<InputRef>>,
    },
    /// How well two models do on the same rows, whose answers are known: result as `docs/api.md` has it for `metrics`.
    Metrics {
        /// The first model.
        a: Versus,
        /// The second.
        b: Versus,
        /// A table with a target column.
        input: InputRef,
        /// How often the rows are drawn again.
        draws: usize,
        /// Seed of these draws.
        seed: u64,
    },
}

impl JobSpec {
    /// `scan`, `inspect`, `rows`, `parity`, `predict`, `explain`, `activations`, `strongest`, `project`, `weights`,
    /// `drift` or `metrics`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Scan { .. } => "scan",
            Self::Inspect { .. } => "inspect",
            Self::Vocabulary { .. } => "vocabulary",
            Self::Rows { .. } => "rows",
            Self::Parity { .. } => "parity",
            Self::Predict { .. } => "predict",
            Self::Calibrate { .. } => "calibrate",
            Self::Explain { .. } => "explain",
            Self::Activations { .. } => "activations",
            Self::Strongest { .. } => "strongest",
            Self::Project { .. } => "project",
            Self::Weights { .. } => "weights",
            Self::Drift { .. } => "drift",
            Self::Metrics { .. } => "metrics",
        }
    }
}

/// What is asked of an explanation, apart from model and input. Its canonical JSON is part of the
/// result's address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Catalogue name, for example `integrated_gradients`.
    pub method: String,
    /// Every parameter, defaults filled in by the catalogue.
    pub params: serde_json::Map<String, Value>,
    /// Class index; null = arg-max of the prediction.
    pub target: Option<usize>,
    /// Graph output by name; null = the first.
    pub output: Option<String>,
    /// `logit` or `prob`.
    pub on: String,
    /// `zeros`, `mean` or `blur`.
    pub baseline: String,
    /// Seed of every random number.
    pub seed: u64,
    /// `none`, `cheap` or `all`.
    pub evidence: String,
    /// Rows asked about at once; null: the input's own row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Span>,
    /// Rows that stand for "not known"; null where the method needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// Other sets and checkpoints that take part; null where the method needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Company>,
    /// Where the object of a picture is, for evidence alone: a PNG in base64, or rows of zeros and ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<Value>,
}
