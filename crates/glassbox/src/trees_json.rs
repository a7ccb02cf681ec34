//! Plain arrays of trees as JSON, the form that forests of other libraries are written in by a few lines of Python.

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::{Missing, Precision, Rule};
use serde::Deserialize;

use crate::described::{Body, Described, Feature, Glass};
use crate::error::ReadError;
use crate::format::Format;
use crate::grow::{Piece, grow};
use crate::limits;
use crate::response::Response;

/// What the file is, for people.
const NAME: &str = "trees.json";

#[derive(Deserialize)]
struct File {
    trees: Vec<Arrays>,
    #[serde(default)]
    combine: Option<Combine>,
    #[serde(default)]
    feature_names: Vec<String>,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    objective: Option<String>,
}

/// `base + scale * sum`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Combine {
    /// Added to every sum.
    #[serde(default)]
    pub base: f64,
    /// Multiplies every sum.
    #[serde(default = "one")]
    pub scale: f64,
}

fn one() -> f64 {
    1.0
}

#[derive(Deserialize)]
struct Arrays {
    left: Vec<i64>,
    right: Vec<i64>,
    feature: Vec<i64>,
    threshold: Vec<f64>,
    #[serde(default)]
    cover: Vec<f64>,
    value: Vec<Vec<f64>>,
}

fn damaged(reason: impl Into<String>) -> ReadError {
    ReadError::damaged(NAME, reason)
}

/// Reads `*.trees.json`; `combine` stands in for the file's own, which may be missing.
pub fn read(bytes: &[u8], combine: Option<Combine>) -> Result<Glass, ReadError> {
    let file: File = serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
    let width = file.trees.first().and_then(|t| t.value.first()).map_or(0, Vec::len);
    limits::outputs(NAME, width)?;
    let asked = file
        .trees
        .iter()
        .flat_map(|tree| tree.feature.iter().copied())
        .max()
        .unwrap_or(-1);
    let asked = usize::try_from(asked.saturating_add(1)).unwrap_or(0);
    let count = asked.max(file.feature_names.len());
    limits::features(NAME, count)?;
    let mut features: Vec<Feature> = (0..count)
        .map(|at| Feature::number(file.feature_names.get(at).cloned().unwrap_or_else(|| format!("f{at}"))))
        .collect();
    let mut trees = Vec::with_capacity(file.trees.len());
    for (index, arrays) in file.trees.iter().enumerate() {
        let wrong = |reason: String| damaged(format!("tree {index}: {reason}"));
        let nodes = arrays.left.len();
        let lengths = [
            arrays.right.len(),
            arrays.feature.len(),
            arrays.threshold.len(),
            arrays.value.len(),
        ];
        if lengths.iter().any(|length| *length != nodes) {
            return Err(wrong("its arrays differ in length".to_owned()));
        }
        let tree = grow(0, nodes, width, count, |at| {
            let cover = arrays.cover.get(at).copied();
            if arrays.left[at] < 0 {
                return Ok((Piece::Leaf(arrays.value[at].clone()), cover));
            }
            let feature = u32::try_from(arrays.feature[at]).map_err(|_| format!("node {at} asks about no feature"))?;
            if let Some(named) = features.get_mut(feature as usize) {
                named.splits += 1;
            }
            let place = |child: i64| usize::try_from(child).unwrap_or(usize::MAX);
            let piece = Piece::Split {
                feature,
                rule: Rule::AtMost(arrays.threshold[at]),
                // The arrays say nothing of missing values; scikit-learn compares them as "not at most".
                missing: Missing::Right,
                yes: place(arrays.left[at]),
                no: place(arrays.right[at]),
            };
            Ok((piece, cover))
        });
        trees.push(tree.map_err(wrong)?);
    }
    let votes = width > 1;
    // Trees that vote are averaged, trees with one number are added, where nobody says.
    let scale = if votes { 1.0 / trees.len().max(1) as f64 } else { 1.0 };
    let combine = file.combine.or(combine).unwrap_or(Combine { base: 0.0, scale });
    if !combine.base.is_finite() || !combine.scale.is_finite() {
        return Err(damaged("base and scale must be numbers"));
    }
    let response = if votes { Response::Votes } else { Response::Identity };
    Ok(Glass {
        body: Body::Trees(TreeEnsemble {
            features: count,
            outputs: width,
            trees,
            base: vec![combine.base; width],
            scale: combine.scale,
            precision: Precision::SingleRows,
            link: response.link(),
        }),
        response,
        described: Described {
            format: Format::TreesJson,
            version: None,
            objective: file.objective,
            features,
            classes: file.classes,
            notes: Vec::new(),
        },
    })
}
