//! Forests against a walk of the nodes as they were given.

use crate::common::{noise, same_under_threads};
use glassboard_kernels::trees::{Aggregate, Forest, ForestError, Node, Test};
use proptest::prelude::*;

fn test(kind: u8, threshold: f32) -> Test<f32> {
    match kind {
        0 => Test::LessOrEqual(threshold),
        1 => Test::Less(threshold),
        2 => Test::GreaterOrEqual(threshold),
        3 => Test::Greater(threshold),
        4 => Test::Equal(threshold),
        5 => Test::NotEqual(threshold),
        _ => Test::Member(vec![threshold, 0.0, 1.0, -2.0, threshold + 1.0]),
    }
}

fn says_yes(test: &Test<f32>, v: f32) -> bool {
    match test {
        Test::LessOrEqual(t) => v <= *t,
        Test::Less(t) => v < *t,
        Test::GreaterOrEqual(t) => v >= *t,
        Test::Greater(t) => v > *t,
        Test::Equal(t) => v == *t,
        Test::NotEqual(t) => v != *t,
        Test::Member(set) => set.contains(&v),
    }
}

fn leaf<'a>(nodes: &'a [Node<f32>], root: usize, row: &[f32]) -> &'a [(usize, f64)] {
    let mut at = root;
    loop {
        match &nodes[at] {
            Node::Leaf(weights) => return weights,
            Node::Branch {
                feature,
                test,
                missing_yes,
                yes,
                no,
            } => {
                let v = row[*feature];
                at = if says_yes(test, v) || (v.is_nan() && *missing_yes) {
                    *yes
                } else {
                    *no
                };
            }
        }
    }
}

/// A tree: a branch splits until its number says leaf. Values are few, so that tests hit equality.
fn tree() -> impl Strategy<Value = Vec<(u8, u8, i8, bool, bool)>> {
    prop::collection::vec(
        (0u8..7, 0u8..4, -3i8..4, any::<bool>(), prop::bool::weighted(0.75)),
        1..60,
    )
}

fn grow(numbers: &[(u8, u8, i8, bool, bool)], nodes: &mut Vec<Node<f32>>) -> usize {
    // Nodes in the order of a heap; those beyond the list are leaves.
    let first = nodes.len();
    let n = numbers.len();
    for (i, &(kind, feature, threshold, missing_yes, branch)) in numbers.iter().enumerate() {
        let child = |k: usize| first + if k < n { k } else { n };
        nodes.push(if branch && i < n {
            let threshold = match threshold {
                -3 => f32::NEG_INFINITY,
                3 => f32::NAN,
                t => f32::from(t),
            };
            Node::Branch {
                feature: feature.into(),
                test: test(kind, threshold),
                missing_yes,
                yes: child(2 * i + 1),
                no: child(2 * i + 2),
            }
        } else {
            Node::Leaf(vec![(i % 3, i as f64 * 0.25 - 2.0), ((i + 1) % 3, 0.5)])
        });
    }
    nodes.push(Node::Leaf(vec![(0, 100.0)]));
    first
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn walks_end_where_the_nodes_say(trees in prop::collection::vec(tree(), 1..5), rows in 1usize..40, seed in 0u64..1_000, aggregate in 0usize..4) {
        let mut nodes = Vec::new();
        let roots: Vec<usize> = trees.iter().map(|t| grow(t, &mut nodes)).collect();
        let x: Vec<f32> = noise(rows * 4, seed).iter().enumerate().map(|(i, v)| match i % 11 {
            3 => f32::NAN,
            5 => f32::NEG_INFINITY,
            _ => (v * 3.0).round(),
        }).collect();
        let aggregate = [Aggregate::Sum, Aggregate::Average, Aggregate::Min, Aggregate::Max][aggregate];
        let forest = Forest::new(&nodes, &roots, 3).unwrap();
        let got = forest.predict(&x, 4, aggregate);
        for (row, got) in x.chunks_exact(4).zip(got.chunks_exact(3)) {
            let mut found: [Vec<f64>; 3] = Default::default();
            for &root in &roots {
                for &(target, w) in leaf(&nodes, root, row) {
                    found[target].push(w);
                }
            }
            for (got, found) in got.iter().zip(found) {
                let sum: f64 = found.iter().sum();
                let want = match aggregate {
                    Aggregate::Sum => sum,
                    Aggregate::Average => sum / roots.len() as f64,
                    Aggregate::Min => found.iter().copied().reduce(f64::min).unwrap_or(0.0),
                    Aggregate::Max => found.iter().copied().reduce(f64::max).unwrap_or(0.0),
                };
                prop_assert_eq!(*got, want);
            }
        }
    }
}

#[test]
fn broken_trees_are_errors() {
    let branch = |yes, no| Node::Branch {
        feature: 0,
        test: Test::Less(0.5f32),
        missing_yes: false,
        yes,
        no,
    };
    let leaf = |target| Node::Leaf(vec![(target, 1.0)]);
    let error = |nodes: &[Node<f32>], root| Forest::new(nodes, &[root], 1).unwrap_err();
    assert_eq!(error(&[branch(0, 1), leaf(0)], 0), ForestError::Cycle(0));
    assert_eq!(error(&[branch(1, 2), branch(2, 0), leaf(0)], 0), ForestError::Cycle(0));
    assert_eq!(error(&[branch(1, 9), leaf(0)], 0), ForestError::NoSuchNode(9));
    assert_eq!(error(&[leaf(0)], 3), ForestError::NoSuchNode(3));
    assert_eq!(error(&[leaf(4)], 0), ForestError::NoSuchTarget(4));
    // Shared nodes are no cycle, and a deep chain is no overflow.
    let mut nodes = vec![leaf(0)];
    nodes.extend((0..200_000).map(|i| branch(i, i)));
    let forest = Forest::new(&nodes, &[200_000, 0], 1).unwrap();
    assert_eq!(forest.predict(&[1.0, 0.0], 1, Aggregate::Sum), [2.0, 2.0]);
}

#[test]
fn threads_never_change_the_bytes() {
    let numbers: Vec<_> = (0..127)
        .map(|i| (0, (i % 4) as u8, (i % 5) as i8 - 2, false, i < 63))
        .collect();
    let mut nodes = Vec::new();
    let roots: Vec<usize> = (0..20).map(|_| grow(&numbers, &mut nodes)).collect();
    let forest = Forest::new(&nodes, &roots, 3).unwrap();
    let x = noise(1_001 * 4, 5);
    same_under_threads("trees", || forest.predict(&x, 4, Aggregate::Sum));
}
