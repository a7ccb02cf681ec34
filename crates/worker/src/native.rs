//! Native files of trees as uploads in their own right.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use glassboard_glassbox::{Body, Glass, HEAD_BYTES, ReadError, Response, may_be, sniff};
use glassboard_jobs::protocol::Fault;
use serde_json::{Map, Value, json};

use crate::preprocess::Preprocess;
use crate::trouble::Trouble;

/// Largest native file.
const MAX_BYTES: u64 = 1 << 30;

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        let fault = match &error {
            ReadError::Damaged { .. } => Fault::Input,
            ReadError::Unsupported(_) => Fault::Unsupported,
        };
        Self {
            fault,
            message: error.to_string(),
        }
    }
}

/// Whether the file's first bytes may be those of a native file.
pub(crate) fn claims(path: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(may_be(&head))
}

/// The model in `path` if it is a native file; none for every other format.
pub fn open(path: &Path) -> Result<Option<Glass>, Trouble> {
    let unread = |error: std::io::Error| Trouble::input(format!("the model cannot be read ({error})"));
    if !claims(path).map_err(unread)? {
        return Ok(None);
    }
    let length = std::fs::metadata(path).map_err(unread)?.len();
    if length > MAX_BYTES {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(unread)?;
    if sniff(&bytes).is_none() {
        return Ok(None);
    }
    read(&bytes).map(Some)
}

/// Reads the bytes of a native file.
pub(crate) fn read(bytes: &[u8]) -> Result<Glass, Trouble> {
    Ok(glassboard_glassbox::read(bytes)?)
}

/// The result of `JobSpec::Scan`.
pub(crate) fn scanned(glass: &Glass) -> Value {
    let (operator, count) = match &glass.body {
        Body::Trees(ensemble) => ("TreeEnsemble", ensemble.trees.len()),
        Body::Linear(_) => ("LinearRegressor", 1),
    };
    let width = glass.described.features.len();
    let port = |name: &str, width: Option<usize>| json!({ "name": name, "dtype": "f64", "shape": [null, width] });
    let summary = Map::from_iter([
        ("inputs".to_owned(), json!([port("rows", Some(width))])),
        ("outputs".to_owned(), json!([])),
        ("metadata".to_owned(), json!({})),
        ("kind".to_owned(), json!("tabular")),
        ("has_graph".to_owned(), json!(false)),
        ("operators".to_owned(), json!({ operator: count })),
        ("tensors".to_owned(), json!(0)),
        ("bound".to_owned(), json!(false)),
        (
            "running".to_owned(),
            json!({ "unsupported": [], "unsupported_more": 0, "notes": glass.described.notes }),
        ),
        ("glassbox".to_owned(), glass.summary()),
    ]);
    json!({
        "format": glass.described.format.name(),
        "parameters": glass.parameters(),
        "tensors": [],
        "summary": summary,
        "preprocess": preprocess(glass),
        "preprocess_origin": "metadata",
        "attachments": [],
        "runs": true,
    })
}

/// What `glassboard inspect` prints.
pub fn shown(glass: &Glass) -> Value {
    json!({
        "format": glass.described.format.name(),
        "parameters": glass.parameters(),
        "tensors": [],
        "graph": null,
        "metadata": {},
        "preprocess": preprocess(glass),
        "export_hint": null,
        "glassbox": glass.summary(),
    })
}

/// Key-values as a graph's file would have them: what is known about columns and classes.
pub(crate) fn metadata(glass: &Glass) -> BTreeMap<String, String> {
    let text = preprocess(glass).to_string();
    BTreeMap::from([("glassboard.preprocess".to_owned(), text)])
}

fn preprocess(glass: &Glass) -> Value {
    let described = &glass.described;
    let classes = matches!(
        glass.response,
        Response::Logistic { .. } | Response::Softmax | Response::Votes
    );
    let preprocess = Preprocess {
        input: "rows".to_owned(),
        resize: "none".to_owned(),
        labels: if classes { described.classes.clone() } else { Vec::new() },
        feature_names: described.features.iter().map(|feature| feature.name.clone()).collect(),
        ..Preprocess::default()
    };
    serde_json::to_value(preprocess).unwrap_or_default()
}
