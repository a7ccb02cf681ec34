//! `TreeEnsemble`, the operator of ai.onnx.ml 5.

use glassboard_model::trees::{Missing, Rule};

use super::attributes::Attributes;
use super::votes::{Branch, Forest, Votes, missing, rule};
use super::{Found, Rows};
use crate::described::Body;
use crate::response::Response;

const MODES: [&str; 6] = [
    "BRANCH_LEQ",
    "BRANCH_LT",
    "BRANCH_GTE",
    "BRANCH_GT",
    "BRANCH_EQ",
    "BRANCH_NEQ",
];

pub(super) fn ensemble(attributes: Attributes<'_>, rows: &Rows) -> Option<Found> {
    let response = match attributes.int("post_transform", 0) {
        0 => Response::Identity,
        1 => Response::Logistic { slope: 1.0 },
        2 => Response::Softmax,
        _ => return None,
    };
    let average = match attributes.int("aggregate_function", 1) {
        0 => true,
        1 => false,
        _ => return None,
    };
    let targets = usize::try_from(attributes.int("n_targets", 1)).ok()?;
    // With one target only PROBIT is applied (onnxruntime): it is left to the engine.
    if targets == 1 && response != Response::Identity {
        return None;
    }
    let forest = forest(attributes, targets)?;
    Some(Found {
        body: Body::Trees(forest.ensemble(rows, targets, Votes::Each, &[], average, response)?),
        response,
        classes: Vec::new(),
    })
}

fn forest(attributes: Attributes<'_>, targets: usize) -> Option<Forest> {
    let modes = attributes.whole_tensor("nodes_modes")?;
    let count = modes.len();
    let splits = attributes.tensor("nodes_splits").filter(|list| list.len() == count)?;
    let features = attributes.ints_of("nodes_featureids", count)?;
    let yes = attributes.ints_of("nodes_truenodeids", count)?;
    let no = attributes.ints_of("nodes_falsenodeids", count)?;
    let yes_leaf = attributes.ints_of("nodes_trueleafs", count)?;
    let no_leaf = attributes.ints_of("nodes_falseleafs", count)?;
    let tracks = attributes.ints("nodes_missing_value_tracks_true");
    let weights = attributes.tensor("leaf_weights")?;
    let ids = attributes.ints_of("leaf_targetids", weights.len())?;
    let members = if attributes.has("membership_values") {
        attributes.tensor("membership_values")?
    } else {
        Vec::new()
    };
    // One set a question of membership, each ended by a NaN.
    let mut sets = members.split(|v| v.is_nan());
    let child = |leaf: i64, at: i64| {
        let at = usize::try_from(at).ok()?;
        if leaf == 0 {
            Some(at).filter(|at| *at < count)
        } else {
            at.checked_add(count)
        }
    };
    let mut branches = Vec::with_capacity(count + weights.len());
    for at in 0..count {
        let tracks_true = tracks.get(at).is_some_and(|v| *v != 0);
        let (rule, missing) = if modes[at] == 6 {
            (
                members_of(sets.next()?)?,
                if tracks_true { Missing::Left } else { Missing::Right },
            )
        } else {
            let mode = usize::try_from(modes[at]).ok().and_then(|mode| MODES.get(mode))?;
            let rule = rule(mode, splits[at])?;
            let missing = missing(&rule, tracks_true);
            (rule, missing)
        };
        branches.push(Branch::Split {
            feature: u32::try_from(features[at]).ok()?,
            rule,
            missing,
            yes: child(yes_leaf[at], yes[at])?,
            no: child(no_leaf[at], no[at])?,
        });
    }
    for (weight, id) in weights.iter().zip(ids) {
        let target = usize::try_from(*id).ok().filter(|target| *target < targets)?;
        branches.push(Branch::Leaf(vec![(target, *weight)]));
    }
    let roots = attributes
        .ints("tree_roots")
        .iter()
        .map(|root| usize::try_from(*root).ok())
        .collect::<Option<_>>()?;
    Some(Forest { branches, roots })
}

/// A set of whole numbers; others no category has.
fn members_of(set: &[f64]) -> Option<Rule> {
    let whole = |v: &f64| (*v >= 0.0 && *v < 16_777_216.0 && v.fract() == 0.0).then_some(*v as u32);
    let mut set = set.iter().map(whole).collect::<Option<Vec<u32>>>()?;
    set.sort_unstable();
    set.dedup();
    Some(Rule::OneOf(set))
}
