//! `TreeEnsembleClassifier` and `TreeEnsembleRegressor`.

use std::collections::{BTreeSet, HashMap};

use super::attributes::Attributes;
use super::votes::{Branch, Forest, Votes, missing, opposite, rule};
use super::{Found, Rows};
use crate::described::Body;
use crate::response::Response;

pub(super) fn classifier(attributes: Attributes<'_>, rows: &Rows) -> Option<Found> {
    let classes = attributes.classes("classlabels_strings", "classlabels_int64s");
    let forest = forest(attributes, "class", classes.len())?;
    let base = attributes.numbers("base_values")?;
    let cast = || {
        forest.branches.iter().flat_map(|branch| match branch {
            Branch::Leaf(cast) => cast.as_slice(),
            Branch::Split { .. } => &[],
        })
    };
    let voted: BTreeSet<usize> = cast().map(|(target, _)| *target).collect();
    let positive = cast().all(|(_, weight)| *weight >= 0.0);
    let only_first = classes.len() == 2 && voted.iter().eq([&0]) && base.len() <= 1;
    let post = attributes.text("post_transform", "NONE");
    let logistic = Response::Logistic { slope: 1.0 };
    let (votes, response) = match (post.as_str(), only_first) {
        ("LOGISTIC", true) => (Votes::Second, logistic),
        ("NONE", true) if positive => (Votes::Share, Response::Votes),
        _ if classes.len() < 2 || voted.len() < 2 => return None,
        ("LOGISTIC", false) if classes.len() == 2 && opposite(&forest.branches) => (Votes::Opposite, logistic),
        ("LOGISTIC", false) => (Votes::Each, logistic),
        ("SOFTMAX", false) => (Votes::Each, Response::Softmax),
        ("NONE", false) if positive => (Votes::Each, Response::Votes),
        ("NONE", false) => (Votes::Each, Response::Identity),
        _ => return None,
    };
    let targets = classes.len();
    Some(Found {
        body: Body::Trees(forest.ensemble(rows, targets, votes, &base, false, response)?),
        response,
        classes,
    })
}

pub(super) fn regressor(attributes: Attributes<'_>, rows: &Rows) -> Option<Found> {
    if attributes.text("post_transform", "NONE") != "NONE" {
        return None;
    }
    let average = match attributes.text("aggregate_function", "SUM").as_str() {
        "SUM" => false,
        "AVERAGE" => true,
        _ => return None,
    };
    let targets = usize::try_from(attributes.int("n_targets", 1)).ok()?;
    let base = attributes.numbers("base_values")?;
    let forest = forest(attributes, "target", targets)?;
    let response = Response::Identity;
    Some(Found {
        body: Body::Trees(forest.ensemble(rows, targets, Votes::Each, &base, average, response)?),
        response,
        classes: Vec::new(),
    })
}

/// The trees; `prefix` is how the votes' attributes begin.
fn forest(attributes: Attributes<'_>, prefix: &str, targets: usize) -> Option<Forest> {
    let modes = attributes.texts("nodes_modes");
    let count = modes.len();
    let trees = attributes.ints_of("nodes_treeids", count)?;
    let ids = attributes.ints_of("nodes_nodeids", count)?;
    let features = attributes.ints_of("nodes_featureids", count)?;
    let yes = attributes.ints_of("nodes_truenodeids", count)?;
    let no = attributes.ints_of("nodes_falsenodeids", count)?;
    let thresholds = attributes.numbers("nodes_values").filter(|list| list.len() == count)?;
    let tracks = attributes.ints("nodes_missing_value_tracks_true");
    let places: HashMap<(i64, i64), usize> = (0..count).map(|at| ((trees[at], ids[at]), at)).collect();
    if places.len() != count {
        return None;
    }
    let mut leaves = leaves(attributes, prefix, targets)?;
    let mut is_child = vec![false; count];
    let mut branches = Vec::with_capacity(count);
    for at in 0..count {
        if modes[at] == "LEAF" {
            branches.push(Branch::Leaf(leaves.remove(&(trees[at], ids[at])).unwrap_or_default()));
            continue;
        }
        let mut child = |id: i64| {
            let place = *places.get(&(trees[at], id))?;
            is_child[place] = true;
            Some(place)
        };
        let rule = rule(&modes[at], thresholds[at])?;
        branches.push(Branch::Split {
            feature: u32::try_from(features[at]).ok()?,
            missing: missing(&rule, tracks.get(at).is_some_and(|v| *v != 0)),
            rule,
            yes: child(yes[at])?,
            no: child(no[at])?,
        });
    }
    let roots: Vec<usize> = (0..count).filter(|at| !is_child[*at]).collect();
    let names: BTreeSet<i64> = roots.iter().map(|root| trees[*root]).collect();
    let distinct: BTreeSet<&i64> = trees.iter().collect();
    (names.len() == roots.len() && distinct.len() == roots.len()).then_some(Forest { branches, roots })
}

type Leaves = HashMap<(i64, i64), Vec<(usize, f64)>>;

fn leaves(attributes: Attributes<'_>, prefix: &str, targets: usize) -> Option<Leaves> {
    let weights = attributes.numbers(&format!("{prefix}_weights"))?;
    let trees = attributes.ints_of(&format!("{prefix}_treeids"), weights.len())?;
    let nodes = attributes.ints_of(&format!("{prefix}_nodeids"), weights.len())?;
    let ids = attributes.ints_of(&format!("{prefix}_ids"), weights.len())?;
    let mut leaves: Leaves = HashMap::new();
    for at in 0..weights.len() {
        let target = usize::try_from(ids[at]).ok().filter(|target| *target < targets)?;
        leaves
            .entry((trees[at], nodes[at]))
            .or_default()
            .push((target, weights[at]));
    }
    Some(leaves)
}
