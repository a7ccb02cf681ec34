//! Trees of both shapes.

use glassboard_model::trees::{Missing, Rule, Tree};
use serde_json::Value;

use super::damaged;
use super::file::{FeaturesInfo, Free, Oblivious, Split};
use crate::described::Feature;
use crate::error::ReadError;
use crate::grow::{Piece, grow};

/// Deepest tree of one question a depth; CatBoost grows to 16.
const DEEPEST: usize = 24;

/// Values a leaf has.
pub(super) fn width(oblivious: &[Oblivious], free: &[Free], biases: usize) -> Result<usize, ReadError> {
    if let Some(tree) = oblivious.first() {
        let depth = tree.splits.as_ref().map_or(0, Vec::len);
        if depth > DEEPEST || tree.leaf_values.len() >> depth << depth != tree.leaf_values.len() {
            return Err(damaged(format!(
                "tree 0 has {depth} splits and {} leaf values",
                tree.leaf_values.len()
            )));
        }
        return Ok(tree.leaf_values.len() >> depth);
    }
    let Some(mut at) = free.first() else {
        return Ok(biases.max(1));
    };
    while let Some(left) = &at.left {
        at = left;
    }
    Ok(at.value.as_ref().map_or(0, |v| values(v).len()))
}

fn values(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect(),
        other => vec![other.as_f64().unwrap_or(f64::NAN)],
    }
}

/// A question of the file: its column, and where the answer "no" goes right, as everywhere in these files.
struct Question {
    feature: u32,
    rule: Rule,
    missing: Missing,
    /// The rule's yes is the file's right.
    right: bool,
}

fn question(split: &Split, info: &FeaturesInfo, features: &mut [Feature]) -> Result<Question, String> {
    let question = match split.kind.as_str() {
        "FloatFeature" => {
            let index = split
                .float_feature_index
                .ok_or("a split on a number names no feature")?;
            let float = info
                .float_features
                .get(index)
                .ok_or_else(|| format!("there is no float feature {index}"))?;
            let border = f64::from(split.border as f32);
            if border.is_nan() {
                return Err("a border is not a number".to_owned());
            }
            Question {
                feature: float.flat_feature_index as u32,
                rule: Rule::AtMost(border),
                missing: if float.nan_value_treatment == "AsTrue" {
                    Missing::Right
                } else {
                    Missing::Left
                },
                right: false,
            }
        }
        "OneHotFeature" => {
            let index = split
                .cat_feature_index
                .ok_or("a split on a category names no feature")?;
            let category = info.categorical_features.get(index);
            let category = category.ok_or_else(|| format!("there is no category feature {index}"))?;
            let place = category
                .values
                .iter()
                .position(|hash| *hash as u32 == split.value as u32);
            let place =
                place.ok_or_else(|| format!("category {} is not among the values of feature {index}", split.value))?;
            Question {
                feature: category.flat_feature_index as u32,
                rule: Rule::OneOf(vec![place as u32]),
                missing: Missing::Right,
                right: true,
            }
        }
        other => {
            return Err(format!(
                "a split of type `{}` is unknown",
                other.chars().take(40).collect::<String>()
            ));
        }
    };
    if let Some(feature) = features.get_mut(question.feature as usize) {
        feature.splits += 1;
    }
    Ok(question)
}

fn piece(question: &Question, left: usize, right: usize) -> Piece {
    let (yes, no) = if question.right { (right, left) } else { (left, right) };
    Piece::Split {
        feature: question.feature,
        rule: question.rule.clone(),
        missing: question.missing,
        yes,
        no,
    }
}

/// Written out as plain trees, the last question at the root as CatBoost's leaves are numbered.
pub(super) fn oblivious(
    trees: &[Oblivious],
    width: usize,
    info: &FeaturesInfo,
    features: &mut [Feature],
) -> Result<Vec<Tree>, ReadError> {
    let mut grown = Vec::with_capacity(trees.len());
    for (index, tree) in trees.iter().enumerate() {
        let wrong = |reason: String| damaged(format!("tree {index}: {reason}"));
        let splits = tree.splits.as_deref().unwrap_or_default();
        let depth = splits.len();
        let leaves = if depth <= DEEPEST { 1usize << depth } else { 0 };
        if leaves == 0 || leaves.checked_mul(width) != Some(tree.leaf_values.len()) {
            return Err(wrong(format!(
                "{depth} splits and {} leaf values",
                tree.leaf_values.len()
            )));
        }
        let questions: Vec<Question> = splits
            .iter()
            .map(|s| question(s, info, features))
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        let weighed = tree.leaf_weights.len() == leaves;
        // Places of a full tree, counted by level: place p has the children 2p + 1 and 2p + 2.
        let mut weights = vec![0.0; 2 * leaves - 1];
        if weighed {
            weights[leaves - 1..].copy_from_slice(&tree.leaf_weights);
            for at in (0..leaves - 1).rev() {
                weights[at] = weights[2 * at + 1] + weights[2 * at + 2];
            }
        }
        let grown_tree = grow(0, 2 * leaves - 1, width, features.len(), |at| {
            let cover = weighed.then(|| weights[at]);
            if at >= leaves - 1 {
                let leaf = at - (leaves - 1);
                return Ok((Piece::Leaf(tree.leaf_values[leaf * width..][..width].to_vec()), cover));
            }
            let level = (at + 1).ilog2() as usize;
            Ok((piece(&questions[depth - 1 - level], 2 * at + 1, 2 * at + 2), cover))
        });
        grown.push(grown_tree.map_err(wrong)?);
    }
    Ok(grown)
}

/// Trees of `grow_policy` Depthwise and Lossguide.
pub(super) fn free(
    trees: &[Free],
    width: usize,
    info: &FeaturesInfo,
    features: &mut [Feature],
) -> Result<Vec<Tree>, ReadError> {
    let mut grown = Vec::with_capacity(trees.len());
    for (index, tree) in trees.iter().enumerate() {
        let wrong = |reason: String| damaged(format!("tree {index}: {reason}"));
        // Flat, parents before their children, with the places of the children.
        let mut flat: Vec<(&Free, usize, usize)> = vec![(tree, 0, 0)];
        let mut at = 0;
        while at < flat.len() {
            let node = flat[at].0;
            if node.split.is_some() {
                let (Some(left), Some(right)) = (&node.left, &node.right) else {
                    return Err(wrong("a split without two children".to_owned()));
                };
                let place = flat.len();
                flat.extend([(&**left, 0, 0), (&**right, 0, 0)]);
                (flat[at].1, flat[at].2) = (place, place + 1);
            }
            at += 1;
        }
        let mut weights: Vec<Option<f64>> = flat.iter().map(|(node, ..)| node.weight).collect();
        for at in (0..flat.len()).rev() {
            if flat[at].0.split.is_some() {
                weights[at] = weights[flat[at].1].zip(weights[flat[at].2]).map(|(l, r)| l + r);
            }
        }
        let count = features.len();
        let tree = grow(0, flat.len(), width, count, |at| {
            let (node, left, right) = flat[at];
            let found = match (&node.split, &node.value) {
                (Some(split), _) => piece(&question(split, info, features)?, left, right),
                (None, Some(value)) => Piece::Leaf(values(value)),
                (None, None) => return Err(format!("node {at} is neither a split nor a leaf")),
            };
            Ok((found, weights[at]))
        });
        grown.push(tree.map_err(wrong)?);
    }
    Ok(grown)
}
