//! Owen values over a binary tree of the players (Owen 1977), as shap's Partition explainer defines them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ndarray::{Array2, ArrayView2};

use crate::game::{Coalition, Game, Memory, Round, Shares};
use crate::{ExplainError, Runner};

/// A binary tree over players: leaves are `0..players`, merge `r` is node `players + r`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// How many leaves.
    pub players: usize,
    /// The two nodes of each merge.
    pub merges: Vec<(usize, usize)>,
}

impl Tree {
    /// Complete linkage over the distance 1 - correlation of background columns, as scipy builds it; ties go to the
    /// nodes that come first. A column that never changes is at distance 1 of all.
    pub fn by_correlation(background: ArrayView2<'_, f64>) -> Self {
        let players = background.ncols();
        let columns: Vec<Vec<f64>> = background
            .columns()
            .into_iter()
            .map(|c| standardised(&c.to_vec()))
            .collect();
        let mut distance = Array2::from_shape_fn((players, players), |(a, b)| {
            1.0 - columns[a].iter().zip(&columns[b]).map(|(a, b)| a * b).sum::<f64>()
        });
        // Row i stands for the cluster whose node is `node[i]`.
        let mut node: Vec<Option<usize>> = (0..players).map(Some).collect();
        let mut merges = Vec::new();
        while merges.len() + 1 < players {
            let mut best: Option<(f64, usize, usize)> = None;
            for a in 0..players {
                for b in a + 1..players {
                    let alive = node[a].is_some() && node[b].is_some();
                    if alive && best.is_none_or(|(least, ..)| distance[[a, b]] < least) {
                        best = Some((distance[[a, b]], a, b));
                    }
                }
            }
            let Some((_, a, b)) = best else { break };
            let (Some(one), Some(other)) = (node[a], node[b].take()) else {
                break;
            };
            node[a] = Some(players + merges.len());
            merges.push((one.min(other), one.max(other)));
            for c in 0..players {
                let far = distance[[a, c]].max(distance[[b, c]]);
                distance[[a, c]] = far;
                distance[[c, a]] = far;
            }
        }
        Self { players, merges }
    }

    /// From the first two columns of a scipy linkage matrix.
    ///
    /// # Errors
    /// A sentence where it is no tree.
    pub fn from_linkage(linkage: ArrayView2<'_, f64>) -> Result<Self, ExplainError> {
        let players = linkage.nrows() + 1;
        let wrong = || ExplainError::parameters("the linkage is not a binary tree over the columns");
        if linkage.ncols() < 2 {
            return Err(wrong());
        }
        let mut used = vec![false; 2 * players - 1];
        let mut merges = Vec::new();
        for (number, row) in linkage.rows().into_iter().enumerate() {
            let pair = (row[0] as usize, row[1] as usize);
            for child in [pair.0, pair.1] {
                if child >= players + number || std::mem::replace(&mut used[child], true) {
                    return Err(wrong());
                }
            }
            merges.push(pair);
        }
        Ok(Self { players, merges })
    }

    /// The tree without the leaves that `keep` does not have; leaf `keep[i]` becomes leaf i.
    #[must_use]
    pub fn only(&self, keep: &[usize]) -> Self {
        let mut now: Vec<Option<usize>> = (0..self.players)
            .map(|leaf| keep.iter().position(|kept| *kept == leaf))
            .collect();
        let mut merges = Vec::new();
        for &(a, b) in &self.merges {
            let node = match (now[a], now[b]) {
                (Some(a), Some(b)) => {
                    merges.push((a, b));
                    Some(keep.len() + merges.len() - 1)
                }
                (one, other) => one.or(other),
            };
            now.push(node);
        }
        Self {
            players: keep.len(),
            merges,
        }
    }

    fn children(&self, node: usize) -> Option<(usize, usize)> {
        self.merges.get(node.checked_sub(self.players)?).copied()
    }

    fn members(&self) -> Vec<Coalition> {
        let mut members: Vec<Coalition> = (0..self.players)
            .map(|leaf| Coalition::of(self.players, [leaf]))
            .collect();
        for &(a, b) in &self.merges {
            members.push(members[a].union(&members[b]));
        }
        members
    }
}

fn standardised(column: &[f64]) -> Vec<f64> {
    let known: Vec<f64> = column.iter().copied().filter(|v| v.is_finite()).collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let centred: Vec<f64> = column
        .iter()
        .map(|v| if v.is_finite() { v - mean } else { 0.0 })
        .collect();
    let length = centred.iter().map(|v| v * v).sum::<f64>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    centred.into_iter().map(|v| v * scale).collect()
}

/// A node still to be shared out: what it adds to `known`, with its weight.
struct Open {
    node: usize,
    known: Coalition,
    without: Vec<f64>,
    with: Vec<f64>,
    weight: f64,
    /// The largest effect times weight.
    urgency: f64,
    /// Order of arrival, which breaks ties.
    number: usize,
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.urgency
            .total_cmp(&other.urgency)
            .then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

/// Nodes opened at once.
const TOGETHER: usize = 16;

/// The Owen value of every player over `tree`, nodes of the largest effect first, with at most `most` values of
/// coalitions (none: all). What is not opened by then is shared evenly among a node's players.
pub fn partition_shap(
    run: &mut Runner<'_>,
    game: &dyn Game,
    tree: &Tree,
    most: Option<usize>,
    round: Round<'_>,
) -> Result<Shares, ExplainError> {
    let players = game.players();
    let ends = game.values(run, &[Coalition::empty(players), Coalition::full(players)])?;
    let (base, total) = (ends.row(0).to_vec(), ends.row(1).to_vec());
    if players < 2 {
        return Ok(super::kernel_shap::alone(players, base, &total));
    }
    if tree.players != players || tree.merges.len() + 1 != players {
        return Err(ExplainError::parameters("the tree does not join all features"));
    }
    let members = tree.members();
    let mut memory = Memory::new(game);
    let mut values = Array2::zeros((players, base.len()));
    let mut number = 0;
    let mut queue = BinaryHeap::from([Open {
        node: members.len() - 1,
        known: Coalition::empty(players),
        without: base.clone(),
        with: total,
        weight: 1.0,
        urgency: f64::INFINITY,
        number,
    }]);
    while !queue.is_empty() {
        let left = most.map_or(TOGETHER, |most| most.saturating_sub(memory.asked() + 2) / 2);
        if left == 0 {
            break;
        }
        let mut opened = Vec::new();
        while opened.len() < left.min(TOGETHER) {
            let Some(open) = queue.pop() else { break };
            match tree.children(open.node) {
                Some(pair) => opened.push((open, pair)),
                None => settle(&mut values, &open, &members),
            }
        }
        let asked: Vec<Coalition> = opened
            .iter()
            .flat_map(|(open, (a, b))| [open.known.union(&members[*a]), open.known.union(&members[*b])])
            .collect();
        let found = memory.values(run, &asked)?;
        for (k, (open, (a, b))) in opened.into_iter().enumerate() {
            let (with_a, with_b) = (found.row(2 * k).to_vec(), found.row(2 * k + 1).to_vec());
            let weight = open.weight / 2.0;
            let (known_a, known_b) = (asked[2 * k].clone(), asked[2 * k + 1].clone());
            let next = [
                (a, open.known.clone(), open.without.clone(), with_a.clone()),
                (b, open.known, open.without, with_b.clone()),
                (a, known_b, with_b, open.with.clone()),
                (b, known_a, with_a, open.with),
            ];
            for (node, known, without, with) in next {
                number += 1;
                let effect = without.iter().zip(&with).fold(0.0f64, |m, (a, b)| m.max((b - a).abs()));
                queue.push(Open {
                    node,
                    known,
                    without,
                    with,
                    weight,
                    urgency: effect * weight,
                    number,
                });
            }
        }
    }
    queue
        .into_sorted_vec()
        .iter()
        .for_each(|open| settle(&mut values, open, &members));
    let shares = Shares {
        base,
        values,
        error: None,
        evaluations: memory.asked() + 2,
    };
    let _ = round(run, &shares);
    Ok(shares)
}

/// Gives what a node adds to its players, evenly.
fn settle(values: &mut Array2<f64>, open: &Open, members: &[Coalition]) {
    let size = members[open.node].size() as f64;
    for player in members[open.node].members() {
        for (output, (without, with)) in open.without.iter().zip(&open.with).enumerate() {
            values[[player, output]] += (with - without) * open.weight / size;
        }
    }
}
