//! Ensembles of decision trees: `TreeEnsembleClassifier`, `TreeEnsembleRegressor`, `TreeEnsemble`.
//!
//! The trees are laid out once for every run of their node; [`glassboard_kernels::trees`] walks them.

use std::collections::{BTreeSet, HashMap};

use burn_backend::Backend;
use glassboard_kernels::trees::{Aggregate, Forest, Node, Number, Test};

use super::super::{Call, Entry, Grad, Out, one};
use super::labels::{Labels, largest};
use super::transform::Transform;
use super::{classified, entry, scored};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::value::{Elem, Plain, PlainData, Value};

const FAMILY: &str = "ml/trees";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        entry(FAMILY, "TreeEnsembleClassifier", Grad::Stops, classifier)
            .shape(|s| {
                let texts = match s.node.attrs.get("classlabels_strings") {
                    Some(Attr::Strs(v)) => v.len(),
                    _ => 0,
                };
                let classes = if texts > 0 { texts } else { s.ints("classlabels_int64s").map_or(0, <[i64]>::len) };
                classified(s, "classlabels_strings", classes.into())
            })
            .limits("two classes with votes for both: the class of the larger score, where onnxruntime looks at the second alone"),
        entry(FAMILY, "TreeEnsembleRegressor", Grad::Stops, regressor)
            .shape(|s| scored(s, s.int("n_targets", 1).into()))
            .limits("one target: of the transforms only PROBIT, as in onnxruntime"),
        entry(FAMILY, "TreeEnsemble", Grad::Stops, ensemble)
            .shape(|s| {
                let mut facts = scored(s, s.int("n_targets", 1).into())?;
                facts[0].elem = s.elem(0);
                Ok(facts)
            })
            .limits("one target: of the transforms only PROBIT, as in onnxruntime"),
    ]
}

/// A number that thresholds and rows are made of.
trait Feature: Number + 'static {
    fn of(v: f64) -> Self;
    fn rows<B: Backend>(x: Float<B>) -> Result<Vec<Self>, OpError>;
}

impl Feature for f32 {
    fn of(v: f64) -> Self {
        v as f32
    }

    fn rows<B: Backend>(x: Float<B>) -> Result<Vec<Self>, OpError> {
        x.into_vec()
    }
}

impl Feature for f64 {
    fn of(v: f64) -> Self {
        v
    }

    fn rows<B: Backend>(x: Float<B>) -> Result<Vec<Self>, OpError> {
        x.into_doubles()
    }
}

/// An attribute of numbers: a list of floats, or a tensor of any type under `NAME_as_tensor`.
fn numbers<B: Backend>(c: &Call<'_, B>, name: &str) -> Result<Vec<f64>, OpError> {
    match c.tensor(&format!("{name}_as_tensor")) {
        Some(plain) => plain
            .to_doubles()
            .ok_or_else(|| OpError::bad(format!("{name}_as_tensor holds strings"))),
        None => Ok(c.floats(name).iter().map(|&v| f64::from(v)).collect()),
    }
}

/// An attribute of exactly `count` integers.
fn integers<B: Backend>(c: &Call<'_, B>, name: &str, count: usize) -> Result<Vec<i64>, OpError> {
    let v = c.ints(name).unwrap_or_default();
    if v.len() == count {
        Ok(v)
    } else {
        Err(OpError::bad(format!(
            "{name} holds {} numbers, expected {count}",
            v.len()
        )))
    }
}

fn index(v: i64, what: &str) -> Result<usize, OpError> {
    usize::try_from(v).map_err(|_| OpError::bad(format!("{what} {v} is negative")))
}

fn refused(error: &impl std::fmt::Display) -> OpError {
    OpError::bad(error.to_string())
}

/// Trees laid out, and what is known of their votes.
#[derive(Debug)]
struct Ensemble<T> {
    forest: Forest<T>,
    /// Targets that any leaf votes for.
    voted: BTreeSet<usize>,
    /// Whether no vote is negative.
    positive: bool,
}

impl<T: Feature> Ensemble<T> {
    /// From the attributes of the classifier (`votes` is "class") or the regressor ("target").
    fn old<B: Backend>(c: &Call<'_, B>, votes: &str, targets: usize) -> Result<Self, OpError> {
        let modes = c.strs("nodes_modes");
        let n = modes.len();
        let (trees, ids) = (integers(c, "nodes_treeids", n)?, integers(c, "nodes_nodeids", n)?);
        let features = integers(c, "nodes_featureids", n)?;
        let (yes, no) = (
            integers(c, "nodes_truenodeids", n)?,
            integers(c, "nodes_falsenodeids", n)?,
        );
        let thresholds = numbers(c, "nodes_values")?;
        let missing = c.ints("nodes_missing_value_tracks_true").unwrap_or_default();
        if thresholds.len() != n || !(missing.is_empty() || missing.len() == n) {
            return Err(OpError::bad(format!("{} thresholds for {n} nodes", thresholds.len())));
        }
        let mut places = HashMap::with_capacity(n);
        for (i, key) in trees.iter().zip(&ids).enumerate() {
            if places.insert((*key.0, *key.1), i).is_some() {
                return Err(OpError::bad(format!("node {} of tree {} stands twice", key.1, key.0)));
            }
        }
        let (mut leaves, voted, positive) = Self::votes(c, votes, targets)?;
        let mut nodes = Vec::with_capacity(n);
        let mut is_child = vec![false; n];
        for i in 0..n {
            if modes[i] == "LEAF" {
                nodes.push(Node::Leaf(leaves.remove(&(trees[i], ids[i])).unwrap_or_default()));
                continue;
            }
            let mut child = |id: i64| {
                let place = places.get(&(trees[i], id)).copied();
                let place = place.ok_or_else(|| OpError::bad(format!("tree {} has no node {id}", trees[i])))?;
                is_child[place] = true;
                Ok(place)
            };
            nodes.push(Node::Branch {
                feature: index(features[i], "feature")?,
                test: test(&modes[i], T::of(thresholds[i]))?,
                missing_yes: missing.get(i).is_some_and(|&v| v != 0),
                yes: child(yes[i])?,
                no: child(no[i])?,
            });
        }
        let roots: Vec<usize> = (0..n).filter(|&i| !is_child[i]).collect();
        if roots.len() != trees.iter().collect::<BTreeSet<_>>().len() {
            return Err(OpError::bad("a tree has no root, or several"));
        }
        Ok(Self {
            forest: Forest::new(&nodes, &roots, targets).map_err(|e| refused(&e))?,
            voted,
            positive,
        })
    }

    /// The votes of every leaf by tree and node; which targets they name; whether none is negative.
    #[expect(clippy::type_complexity, reason = "three things read in one pass")]
    fn votes<B: Backend>(
        c: &Call<'_, B>,
        prefix: &str,
        targets: usize,
    ) -> Result<(HashMap<(i64, i64), Vec<(usize, f64)>>, BTreeSet<usize>, bool), OpError> {
        let weights = numbers(c, &format!("{prefix}_weights"))?;
        let count = weights.len();
        let trees = integers(c, &format!("{prefix}_treeids"), count)?;
        let nodes = integers(c, &format!("{prefix}_nodeids"), count)?;
        let ids = integers(c, &format!("{prefix}_ids"), count)?;
        let mut leaves: HashMap<(i64, i64), Vec<(usize, f64)>> = HashMap::new();
        let mut voted = BTreeSet::new();
        for i in 0..count {
            let target = index(ids[i], "target")?;
            if target >= targets {
                return Err(OpError::bad(format!("a leaf votes for {target} of {targets}")));
            }
            voted.insert(target);
            leaves
                .entry((trees[i], nodes[i]))
                .or_default()
                .push((target, weights[i]));
        }
        let positive = weights.iter().all(|&w| w >= 0.0);
        Ok((leaves, voted, positive))
    }

    /// From the attributes of `TreeEnsemble`.
    fn new<B: Backend>(c: &Call<'_, B>, targets: usize) -> Result<Self, OpError> {
        let need = |name: &str| -> Result<&Plain, OpError> {
            c.tensor(name).ok_or_else(|| OpError::bad(format!("{name} is missing")))
        };
        let doubles = |name: &str| -> Result<Vec<f64>, OpError> {
            need(name)?
                .to_doubles()
                .ok_or_else(|| OpError::bad(format!("{name} holds strings")))
        };
        let modes = match &need("nodes_modes")?.data {
            PlainData::Int(v) => v.to_vec(),
            _ => return Err(OpError::bad("nodes_modes should hold integers")),
        };
        let n = modes.len();
        let splits = doubles("nodes_splits")?;
        let features = integers(c, "nodes_featureids", n)?;
        let (yes, no) = (
            integers(c, "nodes_truenodeids", n)?,
            integers(c, "nodes_falsenodeids", n)?,
        );
        let (yes_leaf, no_leaf) = (integers(c, "nodes_trueleafs", n)?, integers(c, "nodes_falseleafs", n)?);
        let missing = c.ints("nodes_missing_value_tracks_true").unwrap_or_default();
        let weights = doubles("leaf_weights")?;
        let leaf_targets = integers(c, "leaf_targetids", weights.len())?;
        let members: Vec<f64> = match c.tensor("membership_values") {
            Some(_) => doubles("membership_values")?,
            None => Vec::new(),
        };
        // One set for every membership test, each ended by a NaN.
        let mut sets = members.split(|v| v.is_nan());
        let child = |leaf: i64, at: i64| -> Result<usize, OpError> {
            let at = index(at, "node")?;
            Ok(if leaf == 0 { at } else { at.saturating_add(n) })
        };
        let mut nodes = Vec::with_capacity(n + weights.len());
        for i in 0..n {
            let split = T::of(splits.get(i).copied().unwrap_or(0.0));
            nodes.push(Node::Branch {
                feature: index(features[i], "feature")?,
                test: match modes[i] {
                    0 => Test::LessOrEqual(split),
                    1 => Test::Less(split),
                    2 => Test::GreaterOrEqual(split),
                    3 => Test::Greater(split),
                    4 => Test::Equal(split),
                    5 => Test::NotEqual(split),
                    6 => {
                        let set = sets
                            .next()
                            .ok_or_else(|| OpError::bad("membership_values holds too few sets"))?;
                        Test::Member(set.iter().map(|&v| T::of(v)).collect())
                    }
                    other => return Err(OpError::bad(format!("mode {other} of a node is unknown"))),
                },
                missing_yes: missing.get(i).is_some_and(|&v| v != 0),
                yes: child(yes_leaf[i], yes[i])?,
                no: child(no_leaf[i], no[i])?,
            });
        }
        for (&weight, &target) in weights.iter().zip(&leaf_targets) {
            nodes.push(Node::Leaf(vec![(index(target, "target")?, weight)]));
        }
        let roots = c.ints("tree_roots").unwrap_or_default();
        let roots = roots
            .into_iter()
            .map(|r| index(r, "root"))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            forest: Forest::new(&nodes, &roots, targets).map_err(|e| refused(&e))?,
            voted: BTreeSet::new(),
            positive: true,
        })
    }

    /// Scores `[rows, targets]`, row by row.
    fn predict<B: Backend>(
        &self,
        c: &Call<'_, B>,
        x: Float<B>,
        aggregate: Aggregate,
        targets: usize,
    ) -> Result<Vec<f64>, OpError> {
        let (rows, columns) = (x.shape()[0], x.shape()[1]);
        if columns < self.forest.features() {
            return Err(OpError::bad(format!(
                "{columns} features, where the trees read {}",
                self.forest.features()
            )));
        }
        c.reserve(&[rows, targets, 2])?;
        if rows == 0 || columns == 0 {
            return Ok(vec![0.0; rows * targets]);
        }
        Ok(self.forest.predict(&T::rows(x)?, columns, aggregate))
    }
}

fn test<T>(mode: &str, threshold: T) -> Result<Test<T>, OpError> {
    Ok(match mode {
        "BRANCH_LEQ" => Test::LessOrEqual(threshold),
        "BRANCH_LT" => Test::Less(threshold),
        "BRANCH_GTE" => Test::GreaterOrEqual(threshold),
        "BRANCH_GT" => Test::Greater(threshold),
        "BRANCH_EQ" => Test::Equal(threshold),
        "BRANCH_NEQ" => Test::NotEqual(threshold),
        other => return Err(OpError::bad(format!("mode `{other}` of a node is unknown"))),
    })
}

/// The input as `[rows, features]`, and whether it is walked in 64 bits: doubles are, and integers,
/// which 32 bits may not hold.
fn rows<B: Backend>(c: &mut Call<'_, B>) -> Result<(Float<B>, bool), OpError> {
    let (x, wide) = match c.value(0)? {
        Value::Float(x) => {
            let wide = x.elem == Elem::F64;
            (x, wide)
        }
        Value::Host(x) => {
            c.reserve(&[x.data.len(), 2])?;
            let data = x.data.iter().map(|&v| v as f64).collect();
            (Float::from_doubles(data, x.shape.clone(), c.device), true)
        }
        other => return Err(other.refuse()),
    };
    match *x.shape() {
        [features] => Ok((x.reshape(vec![1, features]), wide)),
        [_, _] => Ok((x, wide)),
        _ => Err(OpError::bad(format!(
            "expected shape [rows, features], got {:?}",
            x.shape()
        ))),
    }
}

/// What a run of the old operators knows: scores, and two facts of the votes.
struct Scores {
    rows: usize,
    data: Vec<f64>,
    voted: BTreeSet<usize>,
    positive: bool,
}

fn old_scores<B: Backend>(
    c: &mut Call<'_, B>,
    votes: &str,
    targets: usize,
    aggregate: Aggregate,
) -> Result<Scores, OpError> {
    fn walk<T: Feature, B: Backend>(
        c: &Call<'_, B>,
        x: Float<B>,
        votes: &str,
        targets: usize,
        aggregate: Aggregate,
    ) -> Result<Scores, OpError> {
        let ensemble = c.node.prepared.get(|| Ensemble::<T>::old(c, votes, targets))?;
        Ok(Scores {
            rows: x.shape()[0],
            data: ensemble.predict(c, x, aggregate, targets)?,
            voted: ensemble.voted.clone(),
            positive: ensemble.positive,
        })
    }
    let (x, wide) = rows(c)?;
    let exact = c.tensor("nodes_values_as_tensor").is_some_and(|p| p.elem == Elem::F64);
    if wide || exact {
        walk::<f64, B>(c, x, votes, targets, aggregate)
    } else {
        walk::<f32, B>(c, x, votes, targets, aggregate)
    }
}

/// Adds one number a target; one number alone is for one target alone.
fn add_base(data: &mut [f64], base: &[f64], targets: usize) -> Result<(), OpError> {
    if base.is_empty() {
        return Ok(());
    }
    if base.len() != targets {
        return Err(OpError::bad(format!(
            "{} base values for {targets} targets",
            base.len()
        )));
    }
    for row in data.chunks_mut(targets) {
        for (v, b) in row.iter_mut().zip(base) {
            *v += b;
        }
    }
    Ok(())
}

fn narrowed<B: Backend>(c: &Call<'_, B>, data: &[f64], shape: Vec<usize>) -> Float<B> {
    c.tensor_from(data.iter().map(|&v| v as f32).collect(), shape, Elem::F32)
}

fn classifier<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let transform = Transform::read(c)?;
    let labels = Labels::read(c, "classlabels_int64s", "classlabels_strings");
    let classes = labels.len();
    if classes == 0 {
        return Err(OpError::bad("the class labels are missing"));
    }
    let base = numbers(c, "base_values")?;
    let Scores {
        rows,
        mut data,
        voted,
        positive,
    } = old_scores(c, "class", classes, Aggregate::Sum)?;
    if classes == 1 {
        add_base(&mut data, &base, 1)?;
        let sides: Vec<usize> = data.iter().map(|&s| usize::from(s > 0.0)).collect();
        let scores = transform.regression(narrowed(c, &data, vec![rows, 1]))?;
        return Ok(vec![labels.of_sign().pick(&sides), Value::Float(scores)]);
    }
    let only = voted
        .first()
        .copied()
        .filter(|_| classes == 2 && voted.len() == 1 && base.len() <= 1);
    if let Some(which) = only {
        // All votes go to one of two classes: one score, whose sign, or where no vote is negative
        // whose half, decides.
        let offset = if which == 0 {
            base.first().copied().unwrap_or(0.0)
        } else {
            0.0
        };
        let score: Vec<f64> = data.iter().skip(which).step_by(2).map(|s| s + offset).collect();
        let half = if positive { 0.5 } else { 0.0 };
        let sides: Vec<usize> = score.iter().map(|&s| usize::from(s as f32 > half)).collect();
        let scores = if which == 0 {
            transform.pair(narrowed(c, &score, vec![rows, 1]), !positive)?
        } else {
            transform.apply(narrowed(c, &data, vec![rows, 2]))?
        };
        return Ok(vec![labels.pick(&sides), Value::Float(scores)]);
    }
    add_base(&mut data, &base, classes)?;
    let scores = narrowed(c, &data, vec![rows, classes]);
    let top = labels.pick(&largest(&scores.clone().into_vec()?, classes));
    Ok(vec![top, Value::Float(transform.apply(scores)?)])
}

fn aggregate(name: &str) -> Result<Aggregate, OpError> {
    Ok(match name {
        "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        other => return Err(OpError::bad(format!("aggregate_function `{other}` is unknown"))),
    })
}

fn regressor<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let transform = Transform::read(c)?;
    let aggregate = aggregate(&c.str("aggregate_function", "SUM"))?;
    let targets = targets(c)?;
    let base = numbers(c, "base_values")?;
    let mut scores = old_scores(c, "target", targets, aggregate)?;
    add_base(&mut scores.data, &base, targets)?;
    one(transform.regression(narrowed(c, &scores.data, vec![scores.rows, targets]))?)
}

fn targets<B: Backend>(c: &Call<'_, B>) -> Result<usize, OpError> {
    usize::try_from(c.int("n_targets", 1))
        .ok()
        .filter(|&n| n > 0)
        .ok_or_else(|| OpError::bad("n_targets is not positive"))
}

fn ensemble<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    fn walk<T: Feature, B: Backend>(
        c: &Call<'_, B>,
        x: Float<B>,
        aggregate: Aggregate,
        targets: usize,
    ) -> Result<Vec<f64>, OpError> {
        let ensemble = c.node.prepared.get(|| Ensemble::<T>::new(c, targets))?;
        ensemble.predict(c, x, aggregate, targets)
    }
    let transform = Transform::from_code(c.int("post_transform", 0))?;
    let aggregate = match c.int("aggregate_function", 1) {
        0 => Aggregate::Average,
        1 => Aggregate::Sum,
        2 => Aggregate::Min,
        3 => Aggregate::Max,
        other => return Err(OpError::bad(format!("aggregate_function {other} is unknown"))),
    };
    let targets = targets(c)?;
    let (x, wide) = rows(c)?;
    let (count, elem) = (x.shape()[0], x.elem);
    let data = if wide {
        walk::<f64, B>(c, x, aggregate, targets)?
    } else {
        walk::<f32, B>(c, x, aggregate, targets)?
    };
    let shape = vec![count, targets];
    let scores = if elem == Elem::F64 {
        Float::from_doubles(data, shape, c.device)
    } else {
        narrowed(c, &data, shape).cast(elem)
    };
    one(transform.regression(scores)?)
}
