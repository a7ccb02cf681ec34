//! A tree as the walks want it: its edges from the root down, left before right, with what is merged along a path.
//!
//! A feature that is asked about twice on a path counts once: what matters is whether the row satisfies *all* of the
//! path's questions about it, and which share of the training rows does.

use glassboard_model::trees::{Missing, Node, Rule, Tree, goes_left};

use super::lanes::{LANES, Lanes, Mask};

/// Not a leaf.
pub const NO_LEAF: u32 = u32::MAX;

/// The way from a split to one of its children.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// Splits from the root to here, this one included.
    pub depth: u32,
    /// Column asked about.
    pub feature: u32,
    /// Depth of the nearest edge above that asks about the same feature; 0 where there is none.
    pub before: u32,
    /// Place of the feature among the different ones of the path.
    pub place: u32,
    /// Different features on the path, this one included.
    pub different: u32,
    /// Index of the split.
    pub split: u32,
    /// Whether it is the edge of the answer yes.
    pub yes: bool,
    /// Index of the leaf below, [`NO_LEAF`] above a split.
    pub leaf: u32,
    /// Share of the split's training rows that go here.
    pub share: f64,
    /// Share of the training rows that satisfy what the path asks about this feature, this edge included.
    pub merged: f64,
}

/// A split as a comparison of lanes.
#[derive(Debug, Clone)]
pub struct Question {
    /// Column asked about.
    pub feature: u32,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    /// `value <= limit`, turned round if asked for; what a missing value answers.
    AtMost { limit: f64, turned: u64, missing: u64 },
    /// The same for `value < limit`.
    Below { limit: f64, turned: u64, missing: u64 },
    /// Anything else, row by row.
    Other(Rule, Missing),
}

impl Question {
    fn new(feature: u32, rule: &Rule, missing: Missing) -> Self {
        let bits = |yes: bool| if yes { u64::MAX } else { 0 };
        let absent = bits(goes_left(rule, missing, f64::NAN));
        let how = match (missing, rule) {
            (Missing::ZeroLeft | Missing::ZeroRight, _) => How::Other(rule.clone(), missing),
            (_, Rule::AtMost(limit) | Rule::Above(limit)) => How::AtMost {
                limit: *limit,
                turned: bits(matches!(rule, Rule::Above(_))),
                missing: absent,
            },
            (_, Rule::Below(limit) | Rule::AtLeast(limit)) => How::Below {
                limit: *limit,
                turned: bits(matches!(rule, Rule::AtLeast(_))),
                missing: absent,
            },
            _ => How::Other(rule.clone(), missing),
        };
        Self { feature, how }
    }

    /// Which rows of a block answer yes.
    #[inline(always)]
    pub fn ask(&self, columns: &[Lanes]) -> Mask {
        let values = &columns[self.feature as usize];
        let mut yes = [0; LANES];
        match &self.how {
            How::AtMost { limit, turned, missing } => {
                for lane in 0..LANES {
                    yes[lane] = answer(values[lane], values[lane] <= *limit, *turned, *missing);
                }
            }
            How::Below { limit, turned, missing } => {
                for lane in 0..LANES {
                    yes[lane] = answer(values[lane], values[lane] < *limit, *turned, *missing);
                }
            }
            How::Other(rule, missing) => yes = one_by_one(rule, *missing, values),
        }
        yes
    }
}

#[inline(always)]
fn answer(value: f64, holds: bool, turned: u64, missing: u64) -> u64 {
    let answer = if holds { u64::MAX } else { 0 };
    let absent = if value.is_nan() { u64::MAX } else { 0 };
    ((answer ^ turned) & !absent) | (absent & missing)
}

#[inline(never)]
fn one_by_one(rule: &Rule, missing: Missing, values: &Lanes) -> Mask {
    let mut mask = [0; LANES];
    for (to, value) in mask.iter_mut().zip(values) {
        *to = if goes_left(rule, missing, *value) { u64::MAX } else { 0 };
    }
    mask
}

/// Where an edge ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child {
    /// At a split, by index.
    Split(u32),
    /// At a leaf, by index.
    Leaf(u32),
}

/// A tree's edges.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// From the root down, left before right.
    pub edges: Vec<Edge>,
    /// The splits they come from; the first is the root's.
    pub questions: Vec<Question>,
    /// Where each split leads: yes, no.
    pub children: Vec<[Child; 2]>,
    /// The longest path.
    pub depth: usize,
    /// Most different features on a path.
    pub different: usize,
    /// Leaves.
    pub leaves: usize,
}

impl Paths {
    /// The edges of `tree`. Shares come from `cover`, one number a node; without it they are all one half. Where no
    /// training row came by, the way goes on evenly.
    pub fn new(tree: &Tree, cover: Option<&[f64]>) -> Self {
        let mut paths = Self {
            leaves: 1,
            ..Self::default()
        };
        // Nodes still to be gone into, the next one last: (node, edge that leads to it).
        let mut ahead: Vec<(u32, Option<Edge>)> = vec![(0, None)];
        // The edges from the root to the present one.
        let mut above: Vec<Edge> = Vec::new();
        while let Some((node, edge)) = ahead.pop() {
            if let Some(mut edge) = edge {
                above.truncate(edge.depth as usize - 1);
                let earlier = above.iter().rev().find(|e| e.feature == edge.feature);
                let different = above.last().map_or(0, |e| e.different);
                edge.before = earlier.map_or(0, |e| e.depth);
                edge.place = earlier.map_or(different, |e| e.place);
                edge.different = if earlier.is_some() { different } else { different + 1 };
                edge.merged = edge.share * earlier.map_or(1.0, |e| e.merged);
                let child = &mut paths.children[edge.split as usize][usize::from(!edge.yes)];
                if let Node::Leaf(leaf) = &tree.nodes[node as usize] {
                    edge.leaf = *leaf;
                    paths.leaves = paths.leaves.max(*leaf as usize + 1);
                    *child = Child::Leaf(*leaf);
                } else {
                    *child = Child::Split(paths.questions.len() as u32);
                }
                paths.depth = paths.depth.max(edge.depth as usize);
                paths.different = paths.different.max(edge.different as usize);
                above.push(edge);
                paths.edges.push(edge);
            }
            if let Node::Split {
                feature,
                rule,
                missing,
                left,
                right,
            } = &tree.nodes[node as usize]
            {
                let split = paths.questions.len() as u32;
                paths.questions.push(Question::new(*feature, rule, *missing));
                paths.children.push([Child::Leaf(0); 2]);
                let share = left_share(cover, *left, *right);
                let depth = edge.map_or(0, |e| e.depth) + 1;
                let way = |yes: bool| Edge {
                    depth,
                    feature: *feature,
                    before: 0,
                    place: 0,
                    different: 0,
                    split,
                    yes,
                    leaf: NO_LEAF,
                    share: if yes { share } else { 1.0 - share },
                    merged: 1.0,
                };
                ahead.push((*right, Some(way(false))));
                ahead.push((*left, Some(way(true))));
            }
        }
        paths
    }

    /// The mean of the leaves' `values`, weighted by the shares of the training rows that reach them.
    pub fn mean(&self, values: impl Fn(usize) -> f64) -> f64 {
        if self.edges.is_empty() {
            return values(0);
        }
        let mut reach = vec![1.0; self.depth + 1];
        let mut sum = 0.0;
        for edge in &self.edges {
            let depth = edge.depth as usize;
            reach[depth] = reach[depth - 1] * edge.share;
            if edge.leaf != NO_LEAF {
                sum += reach[depth] * values(edge.leaf as usize);
            }
        }
        sum
    }
}

/// The share of a split's training rows that go left.
fn left_share(cover: Option<&[f64]>, left: u32, right: u32) -> f64 {
    let Some(cover) = cover else { return 0.5 };
    let (left, right) = (cover[left as usize].max(0.0), cover[right as usize].max(0.0));
    let share = left / (left + right);
    if share.is_finite() { share } else { 0.5 }
}
