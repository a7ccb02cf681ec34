//! LightGBM's text files.
//!
//! Rows and leaves are doubles. `value <= threshold` goes left; a category goes left where its bit is set; what
//! missing means is said at each split.

mod objective;
mod text;

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::{Missing, Precision, Rule, Tree};
use serde_json::Value;

use self::text::{Block, File, NAME};
use crate::described::{Body, Described, Feature, FeatureKind, Glass};
use crate::error::ReadError;
use crate::format::Format;
use crate::grow::{Piece, grow};
use crate::limits;

fn damaged(reason: impl Into<String>) -> ReadError {
    ReadError::damaged(NAME, reason)
}

/// Reads a model of LightGBM.
pub(crate) fn read(bytes: &[u8]) -> Result<Glass, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|e| damaged(format!("it is not UTF-8 text ({e})")))?;
    let file = File::split(text)?;
    let names: Vec<&str> = file
        .header
        .get("feature_names")
        .unwrap_or_default()
        .split(' ')
        .collect();
    let count = file.header.number::<usize>("max_feature_idx")?.saturating_add(1);
    if names.len() != count {
        return Err(damaged(format!(
            "feature_names has {} names, max_feature_idx speaks of {count}",
            names.len()
        )));
    }
    let outputs = file.header.number::<usize>("num_tree_per_iteration")?;
    limits::outputs(NAME, outputs)?;
    let (response, notes) = objective::response(file.header.get("objective"))?;
    let mut features: Vec<Feature> = names.into_iter().map(Feature::number).collect();
    let mut trees = Vec::with_capacity(file.trees.len());
    for (index, block) in file.trees.iter().enumerate() {
        let tree = tree(block, index % outputs, &mut features).map_err(|error| match error {
            ReadError::Damaged { reason, .. } => damaged(format!("tree {index}: {reason}")),
            unsupported @ ReadError::Unsupported(_) => unsupported,
        })?;
        trees.push(tree);
    }
    if trees.is_empty() || trees.len() % outputs != 0 {
        return Err(damaged(format!(
            "{} trees for {outputs} trees an iteration; the end of the file may be missing",
            trees.len()
        )));
    }
    categories(&mut features, file.header.get("feature_infos"), file.pandas);
    let iterations = trees.len() / outputs;
    let scale = if file.average { 1.0 / iterations as f64 } else { 1.0 };
    Ok(Glass {
        body: Body::Trees(TreeEnsemble {
            features: count,
            outputs,
            trees,
            base: vec![0.0; outputs],
            scale,
            precision: Precision::Double,
            link: response.link(),
        }),
        response,
        described: Described {
            format: Format::LightGbm,
            version: file.header.get("version").map(str::to_owned),
            objective: file.header.get("objective").map(str::to_owned),
            features,
            classes: Vec::new(),
            notes,
        },
    })
}

/// Bits of `decision_type`.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;

fn tree(block: &Block<'_>, output: usize, features: &mut [Feature]) -> Result<Tree, ReadError> {
    if block.get("is_linear").is_some_and(|v| v.trim() == "1") {
        return Err(ReadError::Unsupported(
            "this LightGBM model has linear functions in its leaves (linear_tree), which are not read; train it with \
             linear_tree=false, or export it as ONNX"
                .to_owned(),
        ));
    }
    let leaves = block.number::<usize>("num_leaves")?;
    let values = block.list::<f64>("leaf_value", leaves)?;
    let splits = leaves.checked_sub(1).ok_or_else(|| damaged("it has no leaf"))?;
    if splits == 0 {
        return Ok(Tree {
            nodes: vec![glassboard_model::trees::Node::Leaf(0)],
            cover: block.number::<f64>("leaf_count").into_iter().collect(),
            values,
            output,
            width: 1,
        });
    }
    let asked = block.list::<u32>("split_feature", splits)?;
    let thresholds = block.list::<f64>("threshold", splits)?;
    let kinds = block.list::<u8>("decision_type", splits)?;
    let left = block.list::<i64>("left_child", splits)?;
    let right = block.list::<i64>("right_child", splits)?;
    let gains = block.list::<f64>("split_gain", splits).unwrap_or_default();
    let counts = block.list::<f64>("internal_count", splits).ok();
    let leaf_counts = block.list::<f64>("leaf_count", leaves).ok();
    let mut sets = Sets::read(block)?;
    // Places: the splits, then the leaves, which the file counts backwards from -1.
    let place = |child: i64| match usize::try_from(child) {
        Ok(split) if split < splits => split,
        Ok(_) => usize::MAX,
        Err(_) => usize::try_from(!child)
            .ok()
            .filter(|l| *l < leaves)
            .map_or(usize::MAX, |l| splits + l),
    };
    let mut tree = grow(0, splits + leaves, 1, features.len(), |at| {
        if at >= splits {
            let leaf = at - splits;
            return Ok((Piece::Leaf(vec![values[leaf]]), leaf_counts.as_ref().map(|c| c[leaf])));
        }
        let kind = kinds[at];
        let (rule, missing) = if kind & CATEGORICAL == 0 {
            (Rule::AtMost(finite(thresholds[at])?), missing(kind)?)
        } else {
            (Rule::OneOf(sets.take(thresholds[at])?), Missing::Right)
        };
        if let Some(feature) = features.get_mut(asked[at] as usize) {
            feature.splits += 1;
            if let Some(gain) = gains.get(at) {
                *feature.gain.get_or_insert(0.0) += gain;
            }
        }
        let piece = Piece::Split {
            feature: asked[at],
            rule,
            missing,
            yes: place(left[at]),
            no: place(right[at]),
        };
        Ok((piece, counts.as_ref().map(|c| c[at])))
    })
    .map_err(damaged)?;
    tree.output = output;
    Ok(tree)
}

fn finite(threshold: f64) -> Result<f64, String> {
    if threshold.is_nan() {
        return Err("a threshold is not a number".to_owned());
    }
    Ok(threshold)
}

fn missing(kind: u8) -> Result<Missing, String> {
    let left = kind & DEFAULT_LEFT != 0;
    Ok(match ((kind >> 2) & 3, left) {
        (0, _) => Missing::AsZero,
        (1, true) => Missing::ZeroLeft,
        (1, false) => Missing::ZeroRight,
        (2, true) => Missing::Left,
        (2, false) => Missing::Right,
        _ => return Err(format!("decision_type {kind} names a kind of missing that is unknown")),
    })
}

/// The sets of a tree's categorical splits, each taken once.
struct Sets {
    bounds: Vec<usize>,
    words: Vec<u32>,
    taken: Vec<bool>,
}

impl Sets {
    fn read(block: &Block<'_>) -> Result<Self, ReadError> {
        let count = if block.get("num_cat").is_some() {
            block.number::<usize>("num_cat")?
        } else {
            0
        };
        if count == 0 {
            return Ok(Self {
                bounds: Vec::new(),
                words: Vec::new(),
                taken: Vec::new(),
            });
        }
        let bounds = block.list::<usize>("cat_boundaries", count.saturating_add(1))?;
        let words = block.list::<u32>("cat_threshold", bounds.last().copied().unwrap_or(0))?;
        if bounds.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(damaged("cat_boundaries go backwards"));
        }
        Ok(Self {
            bounds,
            words,
            taken: vec![false; count],
        })
    }

    /// The categories of set `index`. One taken twice would let a small file grow without bound.
    fn take(&mut self, index: f64) -> Result<Vec<u32>, String> {
        let index = if index >= 0.0 { index as usize } else { usize::MAX };
        match self.taken.get_mut(index) {
            None => return Err(format!("a split asks for set {index} of {}", self.taken.len())),
            Some(true) => return Err(format!("two splits ask for set {index}")),
            Some(fresh) => *fresh = true,
        }
        let words = &self.words[self.bounds[index]..self.bounds[index + 1]];
        let set = |(at, word): (usize, &u32)| {
            let word = *word;
            (0..32u32)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| at as u32 * 32 + bit)
        };
        Ok(words.iter().enumerate().flat_map(set).collect())
    }
}

/// Which features are categories (`feature_infos` lists their values), and what pandas called them.
fn categories(features: &mut [Feature], infos: Option<&str>, pandas: Option<&str>) {
    let infos: Vec<&str> = infos.unwrap_or_default().split(' ').collect();
    if infos.len() != features.len() {
        return;
    }
    let is_set = |info: &str| info != "none" && !info.starts_with('[');
    let columns: Vec<usize> = (0..infos.len()).filter(|at| is_set(infos[*at])).collect();
    let lists: Vec<Vec<Value>> = pandas
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    // Lists stand in the order of the categorical columns; where a column was dropped nobody knows which is whose.
    let lists = if lists.len() == columns.len() {
        lists
    } else {
        Vec::new()
    };
    for (nth, at) in columns.into_iter().enumerate() {
        let labels = lists.get(nth).map(|list| list.iter().map(label).collect());
        features[at].kind = FeatureKind::Category {
            labels: labels.unwrap_or_default(),
        };
    }
}

pub(crate) fn label(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
