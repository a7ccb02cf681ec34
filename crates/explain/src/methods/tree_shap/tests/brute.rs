//! The definitions, written down as they are: every coalition is valued.

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::{Node, Tree, goes_left};

fn known(coalition: u32, feature: usize) -> bool {
    coalition >> feature & 1 == 1
}

fn factorial(n: usize) -> f64 {
    (1..=n).map(|k| k as f64).product()
}

/// Shapley values of a game of `players`, given by the values of its coalitions.
pub fn shapley(players: usize, value: &[f64]) -> Vec<f64> {
    (0..players)
        .map(|player| {
            let without = (0..1u32 << players).filter(|s| !known(*s, player));
            let parts = without.map(|s| {
                let size = s.count_ones() as usize;
                let weight = factorial(size) * factorial(players - size - 1) / factorial(players);
                weight * (value[(s | 1 << player) as usize] - value[s as usize])
            });
            parts.sum()
        })
        .collect()
}

/// Half the Shapley interaction index of two players.
pub fn interaction(players: usize, value: &[f64], a: usize, b: usize) -> f64 {
    let (a, b) = (1u32 << a, 1u32 << b);
    let without = (0..1u32 << players).filter(|s| s & (a | b) == 0);
    let parts = without.map(|s| {
        let size = s.count_ones() as usize;
        let weight = factorial(size) * factorial(players - size - 2) / (2.0 * factorial(players - 1));
        let at = |s: u32| value[s as usize];
        weight * (at(s | a | b) - at(s | a) - at(s | b) + at(s))
    });
    parts.sum()
}

/// What the trees say when only a coalition's features of `row` are known, and shares of rows stand for the others.
pub fn path_dependent(ensemble: &TreeEnsemble, row: &[f64], target: usize) -> Vec<f64> {
    let games = (0..1u32 << ensemble.features).map(|coalition| {
        let of_tree = ensemble.trees.iter().map(|tree| {
            if target < tree.output || target >= tree.output + tree.width {
                return 0.0;
            }
            below(tree, 0, row, coalition, target - tree.output)
        });
        of_tree.sum::<f64>() * ensemble.scale + ensemble.base[target]
    });
    games.collect()
}

fn below(tree: &Tree, node: usize, row: &[f64], coalition: u32, column: usize) -> f64 {
    match &tree.nodes[node] {
        Node::Leaf(leaf) => tree.value(*leaf as usize)[column],
        Node::Split {
            feature,
            rule,
            missing,
            left,
            right,
        } => {
            let (left, right) = (*left as usize, *right as usize);
            let go = |node| below(tree, node, row, coalition, column);
            if known(coalition, *feature as usize) {
                return go(if goes_left(rule, *missing, row[*feature as usize]) {
                    left
                } else {
                    right
                });
            }
            let total = tree.cover[left] + tree.cover[right];
            let share = if total > 0.0 { tree.cover[left] / total } else { 0.5 };
            share * go(left) + (1.0 - share) * go(right)
        }
    }
}

/// The margin when a coalition's features are `row`'s and the others are `background`'s.
pub fn mixed(ensemble: &TreeEnsemble, row: &[f64], background: &[f64], target: usize) -> Vec<f64> {
    let games = (0..1u32 << ensemble.features).map(|coalition| {
        let mix: Vec<f64> = (0..ensemble.features)
            .map(|f| if known(coalition, f) { row[f] } else { background[f] })
            .collect();
        ensemble.margins(&mix)[target]
    });
    games.collect()
}
