//! From the arrays of a file to a tree whose children come after their parents.

use std::collections::VecDeque;

use glassboard_model::trees::{Missing, Node, Rule, Tree};

/// A place in the file's arrays, which may be one of two kinds.
pub(crate) enum Piece {
    /// A question; the children are places too.
    Split {
        feature: u32,
        rule: Rule,
        missing: Missing,
        yes: usize,
        no: usize,
    },
    /// An answer of the tree's width.
    Leaf(Vec<f64>),
}

/// Walks from place `root`, each of `places` at most once, so that circles and shared children are found.
pub(crate) fn grow(
    root: usize,
    places: usize,
    width: usize,
    features: usize,
    at: impl FnMut(usize) -> Result<(Piece, Option<f64>), String>,
) -> Result<Tree, String> {
    grow_among(&mut vec![false; places], root, width, features, at)
}

/// The same for one of several trees in the same places; what `seen` marks belongs to another tree.
pub(crate) fn grow_among(
    seen: &mut [bool],
    root: usize,
    width: usize,
    features: usize,
    mut at: impl FnMut(usize) -> Result<(Piece, Option<f64>), String>,
) -> Result<Tree, String> {
    let places = seen.len();
    let mut tree = Tree {
        width,
        ..Tree::default()
    };
    if places > u32::MAX as usize / 2 {
        return Err(format!("{places} nodes are too many for one tree"));
    }
    let mut waiting = VecDeque::from([root]);
    // Places are numbered as they are queued: a child's number is known before it is read.
    let mut next = 1u32;
    let mut leaves = 0u32;
    while let Some(place) = waiting.pop_front() {
        match seen.get_mut(place) {
            None => return Err(format!("node {place} does not exist, the tree has {places}")),
            Some(true) => return Err(format!("node {place} is reached in two ways")),
            Some(fresh) => *fresh = true,
        }
        let (piece, cover) = at(place)?;
        if let Some(cover) = cover {
            tree.cover.push(cover);
        }
        match piece {
            Piece::Leaf(values) => {
                if values.len() != width {
                    return Err(format!(
                        "the leaf at node {place} has {} values instead of {width}",
                        values.len()
                    ));
                }
                if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
                    return Err(format!("the leaf at node {place} is {bad}"));
                }
                tree.values.extend(values);
                tree.nodes.push(Node::Leaf(leaves));
                leaves += 1;
            }
            Piece::Split {
                feature,
                rule,
                missing,
                yes,
                no,
            } => {
                if feature as usize >= features {
                    return Err(format!(
                        "node {place} asks about feature {feature}, there are {features}"
                    ));
                }
                tree.nodes.push(Node::Split {
                    feature,
                    rule,
                    missing,
                    left: next,
                    right: next + 1,
                });
                next += 2;
                waiting.extend([yes, no]);
            }
        }
    }
    // Covers of some nodes alone are none.
    if tree.cover.len() != tree.nodes.len() || tree.cover.iter().any(|c| !c.is_finite() || *c < 0.0) {
        tree.cover.clear();
    }
    Ok(tree)
}
