//! Boosted trees over sets of players, and their exact Shapley values.

use crate::game::Coalition;

/// Trees in an ensemble.
const TREES: usize = 100;
/// Splits on the way to a leaf, at most.
const DEPTH: usize = 4;
/// Share of a tree's answer that is taken.
const RATE: f64 = 0.1;
/// Sets in a leaf, at least.
const LEAF: usize = 4;

/// What a leaf gives to sets that have all of `with` and none of `without`.
#[derive(Debug, Clone)]
struct Leaf {
    with: Vec<usize>,
    without: Vec<usize>,
    value: f64,
}

/// A sum of trees that ask whether a player is in; as plain leaves.
#[derive(Debug, Clone)]
pub struct Boosted {
    start: f64,
    leaves: Vec<Leaf>,
}

impl Boosted {
    /// Fitted to the values of sets by least squares.
    pub fn fit(sets: &[&Coalition], values: &[f64]) -> Self {
        let start = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let mut residual: Vec<f64> = values.iter().map(|v| v - start).collect();
        let mut leaves = Vec::new();
        let players = sets.first().map_or(0, |set| set.players());
        for _ in 0..TREES {
            let all: Vec<usize> = (0..sets.len()).collect();
            let leaf = Leaf {
                with: Vec::new(),
                without: Vec::new(),
                value: 0.0,
            };
            grow(sets, players, &mut residual, all, leaf, &mut leaves);
        }
        Self { start, leaves }
    }

    /// What the trees say of a set.
    pub fn value(&self, set: &Coalition) -> f64 {
        let fits =
            |leaf: &&Leaf| leaf.with.iter().all(|p| set.contains(*p)) && leaf.without.iter().all(|p| !set.contains(*p));
        self.start + self.leaves.iter().filter(fits).map(|leaf| leaf.value).sum::<f64>()
    }

    /// Their exact Shapley values: of a leaf that wants a players in and b out, those in get (a-1)! b! / (a+b)! of it
    /// each, and those out lose a! (b-1)! / (a+b)!.
    pub fn shares(&self, players: usize) -> Vec<f64> {
        let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
        let mut shares = vec![0.0; players];
        for leaf in &self.leaves {
            let (a, b) = (leaf.with.len(), leaf.without.len());
            let all = factorial(a + b);
            for player in &leaf.with {
                shares[*player] += leaf.value * factorial(a - 1) * factorial(b) / all;
            }
            for player in &leaf.without {
                shares[*player] -= leaf.value * factorial(a) * factorial(b - 1) / all;
            }
        }
        shares
    }
}

/// Splits `here` where that explains most, or makes it a leaf and takes its share off the residuals.
fn grow(
    sets: &[&Coalition],
    players: usize,
    residual: &mut [f64],
    here: Vec<usize>,
    leaf: Leaf,
    leaves: &mut Vec<Leaf>,
) {
    let sum: f64 = here.iter().map(|at| residual[*at]).sum();
    let count = here.len() as f64;
    let mut sums = vec![(0.0, 0usize); players];
    if leaf.with.len() + leaf.without.len() < DEPTH {
        for at in &here {
            for player in sets[*at].members() {
                sums[player].0 += residual[*at];
                sums[player].1 += 1;
            }
        }
    }
    let gain = |(inside, number): (f64, usize)| {
        let rest = here.len() - number;
        (number >= LEAF && rest >= LEAF).then(|| {
            let outside = sum - inside;
            inside * inside / number as f64 + outside * outside / rest as f64 - sum * sum / count
        })
    };
    let mut best: Option<(usize, f64)> = None;
    for (player, part) in sums.iter().enumerate() {
        if let Some(gain) = gain(*part)
            && gain > best.map_or(1e-15, |(_, most)| most)
        {
            best = Some((player, gain));
        }
    }
    let Some((player, _)) = best else {
        let value = RATE * sum / count.max(1.0);
        for at in here {
            residual[at] -= value;
        }
        leaves.push(Leaf { value, ..leaf });
        return;
    };
    let (inside, outside): (Vec<usize>, Vec<usize>) = here.into_iter().partition(|at| sets[*at].contains(player));
    let (mut with, mut without) = (leaf.clone(), leaf);
    with.with.push(player);
    without.without.push(player);
    grow(sets, players, residual, inside, with, leaves);
    grow(sets, players, residual, outside, without, leaves);
}
