//! From trees whose leaves vote for targets to an ensemble.

use std::collections::HashMap;

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::{Missing, Precision, Rule, Tree};

use super::{Rows, width};
use crate::grow::{Piece, grow_among};
use crate::limits;
use crate::response::Response;

/// A question or a leaf, children by place.
pub(super) enum Branch {
    Split {
        feature: u32,
        rule: Rule,
        missing: Missing,
        yes: usize,
        no: usize,
    },
    /// Votes as (target, weight).
    Leaf(Vec<(usize, f64)>),
}

/// Branches of all trees, and the places of the roots.
pub(super) struct Forest {
    pub(super) branches: Vec<Branch>,
    pub(super) roots: Vec<usize>,
}

/// How leaves become scores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Votes {
    /// Every target has a score.
    Each,
    /// All votes are for target 0 of two, and are the score of the second class.
    Second,
    /// All votes are for target 0 of two and are the probability of the second class: `[1 - p, p]`.
    Share,
    /// Two targets, each the other's opposite: the second's score alone.
    Opposite,
}

/// Whom the leaves of one tree vote for.
enum Voted {
    One(usize),
    Several,
}

impl Forest {
    pub(super) fn ensemble(
        self,
        rows: &Rows,
        targets: usize,
        votes: Votes,
        base: &[f64],
        average: bool,
        response: Response,
    ) -> Option<TreeEnsemble> {
        if rows.scaler.is_some() || targets == 0 || targets > limits::OUTPUTS {
            return None;
        }
        let asked = self.branches.iter().map(|branch| match branch {
            Branch::Split { feature, .. } => *feature as usize + 1,
            Branch::Leaf(_) => 0,
        });
        let features = width(rows, asked.max().unwrap_or(0))?;
        let outputs = match votes {
            Votes::Each => targets,
            Votes::Second | Votes::Opposite => 1,
            Votes::Share => 2,
        };
        // Leaves that vote for few of many targets would take more room than the file.
        let cast: usize = self
            .branches
            .iter()
            .map(|b| if let Branch::Leaf(v) = b { v.len() } else { 0 })
            .sum();
        let leaves = self.branches.iter().filter(|b| matches!(b, Branch::Leaf(_))).count();
        let alone = votes == Votes::Each
            && self
                .branches
                .iter()
                .all(|b| !matches!(b, Branch::Leaf(v) if v.len() > 1));
        if !alone && leaves.saturating_mul(outputs) > cast.saturating_mul(16).saturating_add(1 << 20) {
            return None;
        }
        let mut seen = vec![false; self.branches.len()];
        // Every branch is looked at once, however the roots overlap.
        let mut left = self.branches.len();
        let mut trees = Vec::with_capacity(self.roots.len());
        for root in &self.roots {
            // A tree whose leaves all vote for one target has one number a leaf.
            let target = match votes {
                Votes::Each => match self.target(*root, &mut left)? {
                    Voted::One(target) => Some(target),
                    Voted::Several => None,
                },
                Votes::Second | Votes::Share | Votes::Opposite => None,
            };
            trees.push(self.tree(*root, &mut seen, features, outputs, votes, target)?);
        }
        let base = match (base, votes) {
            ([], Votes::Share) => vec![1.0, 0.0],
            ([one], Votes::Share) => vec![1.0 - one, *one],
            ([], _) => vec![0.0; outputs],
            (list, _) if list.len() == outputs => list.to_vec(),
            ([_, second], Votes::Opposite) => vec![*second],
            _ => return None,
        };
        Some(TreeEnsemble {
            features,
            outputs,
            scale: if average { 1.0 / trees.len().max(1) as f64 } else { 1.0 },
            trees,
            base,
            precision: if rows.wide {
                Precision::Double
            } else {
                Precision::Single
            },
            link: response.link(),
        })
    }

    fn tree(
        &self,
        root: usize,
        seen: &mut [bool],
        features: usize,
        outputs: usize,
        votes: Votes,
        target: Option<usize>,
    ) -> Option<Tree> {
        let width = if target.is_some() { 1 } else { outputs };
        let leaf = |cast: &[(usize, f64)]| -> Vec<f64> {
            let mut sums = vec![0.0; width];
            for (voted, weight) in cast {
                match (votes, target) {
                    (Votes::Each, Some(_)) | (Votes::Second, _) => sums[0] += weight,
                    (Votes::Each, None) => sums[*voted] += weight,
                    (Votes::Opposite, _) => sums[0] += if *voted == 1 { *weight } else { 0.0 },
                    (Votes::Share, _) => {
                        sums[0] -= weight;
                        sums[1] += weight;
                    }
                }
            }
            sums
        };
        let mut tree = grow_among(seen, root, width, features, |at| {
            let piece = match self.branches.get(at) {
                None => return Err("no such node".to_owned()),
                Some(Branch::Leaf(cast)) => Piece::Leaf(leaf(cast)),
                Some(Branch::Split {
                    feature,
                    rule,
                    missing,
                    yes,
                    no,
                }) => Piece::Split {
                    feature: *feature,
                    rule: rule.clone(),
                    missing: *missing,
                    yes: *yes,
                    no: *no,
                },
            };
            Ok((piece, None))
        })
        .ok()?;
        tree.output = target.unwrap_or(0);
        Some(tree)
    }

    /// The only target that the leaves under `root` vote for, where there is one; none at all for what is no tree.
    fn target(&self, root: usize, left: &mut usize) -> Option<Voted> {
        let mut waiting = vec![root];
        let mut only = None;
        let mut several = false;
        while let Some(at) = waiting.pop() {
            *left = left.checked_sub(1)?;
            match self.branches.get(at)? {
                Branch::Split { yes, no, .. } => waiting.extend([*yes, *no]),
                Branch::Leaf(cast) => {
                    for (target, _) in cast {
                        several |= *only.get_or_insert(*target) != *target;
                    }
                }
            }
        }
        Some(if several {
            Voted::Several
        } else {
            Voted::One(only.unwrap_or(0))
        })
    }
}

/// Whether the weights of every leaf are each other's opposite.
pub(super) fn opposite(branches: &[Branch]) -> bool {
    branches.iter().all(|branch| match branch {
        Branch::Split { .. } => true,
        Branch::Leaf(cast) => {
            let mut sums: HashMap<usize, f64> = HashMap::new();
            for (target, weight) in cast {
                *sums.entry(*target).or_default() += weight;
            }
            let of = |target| sums.get(&target).copied().unwrap_or(0.0);
            (of(0) + of(1)).abs() <= 1e-6 * of(0).abs()
        }
    })
}

/// A test by the name of its mode.
pub(super) fn rule(mode: &str, threshold: f64) -> Option<Rule> {
    Some(match mode {
        _ if threshold.is_nan() => return None,
        "BRANCH_LEQ" => Rule::AtMost(threshold),
        "BRANCH_LT" => Rule::Below(threshold),
        "BRANCH_GTE" => Rule::AtLeast(threshold),
        "BRANCH_GT" => Rule::Above(threshold),
        "BRANCH_EQ" => Rule::Equal(threshold),
        "BRANCH_NEQ" => Rule::Differs(threshold),
        _ => return None,
    })
}

/// Where not a number goes: no comparison holds for it, but that it differs.
pub(super) fn missing(rule: &Rule, tracks_true: bool) -> Missing {
    if tracks_true || matches!(rule, Rule::Differs(_)) {
        Missing::Left
    } else {
        Missing::Right
    }
}
