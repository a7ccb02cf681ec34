//! The trees of gbtree and dart.

use std::collections::HashMap;

use glassboard_model::trees::{Missing, Rule, Tree};

use super::damaged;
use super::file::{Arrays, Model};
use crate::described::Feature;
use crate::error::ReadError;
use crate::grow::{Piece, grow};

/// All trees; `drop` has a weight a tree (dart).
pub(super) fn read(
    model: Model,
    drop: Option<&[f32]>,
    outputs: usize,
    count: usize,
    features: &mut [Feature],
) -> Result<Vec<Tree>, ReadError> {
    let Model { trees, tree_info, .. } = model;
    if !tree_info.is_empty() && tree_info.len() != trees.len() {
        return Err(damaged(format!(
            "tree_info speaks of {} trees, there are {}",
            tree_info.len(),
            trees.len()
        )));
    }
    if drop.is_some_and(|weights| weights.len() != trees.len()) {
        return Err(damaged("weight_drop has not one number a tree"));
    }
    let mut read = Vec::with_capacity(trees.len());
    for (index, arrays) in trees.iter().enumerate() {
        let width = arrays.tree_param.size_leaf_vector.0.max(1);
        let output = if width > 1 {
            0
        } else {
            tree_info.get(index).copied().unwrap_or(0)
        };
        if output >= outputs || (width > 1 && width != outputs) {
            return Err(damaged(format!(
                "tree {index} is for output {output} (+{width}) of {outputs}"
            )));
        }
        let weight = drop.map_or(1.0, |weights| weights[index]);
        let mut tree = tree(arrays, width, weight, count, features)
            .map_err(|reason| damaged(format!("tree {index}: {reason}")))?;
        tree.output = output;
        read.push(tree);
    }
    Ok(read)
}

fn tree(arrays: &Arrays, width: usize, weight: f32, count: usize, features: &mut [Feature]) -> Result<Tree, String> {
    let nodes = arrays.left_children.len();
    for (name, length) in [
        ("right_children", arrays.right_children.len()),
        ("split_indices", arrays.split_indices.len()),
        ("split_conditions", arrays.split_conditions.len()),
    ] {
        if length != nodes {
            return Err(format!("{name} has {length} numbers for {nodes} nodes"));
        }
    }
    let mut sets = sets(arrays)?;
    let cover = |at: usize| arrays.sum_hessian.get(at).copied().map(f64::from);
    grow(0, nodes, width, count, |at| {
        let left = arrays.left_children[at];
        if left < 0 {
            let values = leaf(arrays, at, width)?.iter().map(|v| f64::from(v * weight)).collect();
            return Ok((Piece::Leaf(values), cover(at)));
        }
        let (left, right) = (place(left), place(arrays.right_children[at]));
        let feature = arrays.split_indices[at];
        if let Some(named) = features.get_mut(feature as usize) {
            named.splits += 1;
            if let Some(gain) = arrays.loss_changes.get(at) {
                *named.gain.get_or_insert(0.0) += f64::from(*gain);
            }
        }
        let default_left = arrays.default_left.get(at).is_some_and(|flag| flag.0);
        let piece = if arrays.split_type.get(at) == Some(&1) {
            // Listed categories go right.
            let set = sets
                .remove(&at)
                .ok_or_else(|| format!("node {at} asks about categories and lists none"))?;
            Piece::Split {
                feature,
                rule: Rule::OneOf(set),
                missing: if default_left { Missing::Right } else { Missing::Left },
                yes: right,
                no: left,
            }
        } else {
            let threshold = arrays.split_conditions[at];
            if threshold.is_nan() {
                return Err(format!("the threshold of node {at} is not a number"));
            }
            Piece::Split {
                feature,
                rule: Rule::Below(f64::from(threshold)),
                missing: if default_left { Missing::Left } else { Missing::Right },
                yes: left,
                no: right,
            }
        };
        Ok((piece, cover(at)))
    })
}

fn place(child: i32) -> usize {
    usize::try_from(child).unwrap_or(usize::MAX)
}

/// The values of the leaf at node `at`: its condition; for vectors, since 3.1 a row of `leaf_weights`, before a row of
/// `base_weights`.
fn leaf(arrays: &Arrays, at: usize, width: usize) -> Result<&[f32], String> {
    let row = |list: &'_ [f32], row: usize| -> Option<std::ops::Range<usize>> {
        let from = row.checked_mul(width)?;
        let to = from.checked_add(width)?;
        (to <= list.len()).then_some(from..to)
    };
    let missing = || format!("the leaf at node {at} has no values");
    if width == 1 {
        return Ok(&arrays.split_conditions[at..=at]);
    }
    if arrays.leaf_weights.is_empty() {
        return Ok(&arrays.base_weights[row(&arrays.base_weights, at).ok_or_else(missing)?]);
    }
    let index = place(arrays.right_children[at]);
    Ok(&arrays.leaf_weights[row(&arrays.leaf_weights, index).ok_or_else(missing)?])
}

/// The categories that splits list, by node.
fn sets(arrays: &Arrays) -> Result<HashMap<usize, Vec<u32>>, String> {
    let (nodes, starts, sizes) = (
        &arrays.categories_nodes,
        &arrays.categories_segments,
        &arrays.categories_sizes,
    );
    if nodes.len() != starts.len() || nodes.len() != sizes.len() {
        return Err("categories_nodes, _segments and _sizes differ in length".to_owned());
    }
    let mut sets = HashMap::new();
    let mut left = arrays.categories.len();
    for ((node, start), size) in nodes.iter().zip(starts).zip(sizes) {
        let list = start
            .checked_add(*size)
            .and_then(|end| arrays.categories.get(*start..end));
        let list = list.ok_or_else(|| format!("the categories of node {node} lie outside their list"))?;
        left = left.checked_sub(list.len()).ok_or("lists of categories overlap")?;
        let mut set: Vec<u32> = list
            .iter()
            .map(|c| u32::try_from(*c).map_err(|_| format!("category {c} of node {node} is negative")))
            .collect::<Result<_, _>>()?;
        set.sort_unstable();
        set.dedup();
        sets.insert(*node, set);
    }
    Ok(sets)
}
