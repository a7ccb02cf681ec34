//! Which coalitions are asked for.

use std::collections::HashMap;

use super::fit::{choose, size_weight};
use crate::game::Coalition;
use crate::random::Counter;

/// Groups for the jackknife.
pub const GROUPS: usize = 10;

/// A coalition to be asked for, its weight, and its group where it was drawn at random.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Who is in.
    pub coalition: Coalition,
    /// Weight in the fit.
    pub weight: f64,
    /// Jackknife group; none where it was sure to be asked for.
    pub group: Option<usize>,
}

/// Every subset of `size` of `players`, in lexicographic order.
pub fn subsets(players: usize, size: usize) -> Vec<Coalition> {
    let mut all = Vec::new();
    let mut chosen: Vec<usize> = (0..size).collect();
    loop {
        all.push(Coalition::of(players, chosen.iter().copied()));
        let Some(at) = (0..size).rev().find(|&at| chosen[at] < players - size + at) else {
            return all;
        };
        chosen[at] += 1;
        for next in at + 1..size {
            chosen[next] = chosen[next - 1] + 1;
        }
    }
}

/// A random subset of `size`.
pub fn subset(random: &mut Counter, players: usize, size: usize) -> Coalition {
    let mut order: Vec<usize> = (0..players).collect();
    for i in 0..size {
        order.swap(i, i + random.below(players - i));
    }
    Coalition::of(players, order[..size].iter().copied())
}

/// How many coalitions there are besides nobody and everybody, or `most` if that is fewer.
pub fn at_most(players: usize, most: usize) -> usize {
    let all = if players < 62 {
        (1usize << players) - 2
    } else {
        usize::MAX
    };
    most.min(all)
}

/// The coalitions of `KernelSHAP` as shap draws them: small sizes and their complements in full as long as the budget
/// reaches, then sizes by weight, subsets at random in pairs with their complements; what comes up again counts more.
/// With them the weight that those drawn at random stand for.
pub fn kernel(players: usize, count: usize, random: &mut Counter) -> (Vec<Drawn>, f64) {
    let sizes = players / 2;
    let paired = (players - 1) / 2;
    let mut weights: Vec<f64> = (1..=sizes)
        .map(|size| size_weight(players, size) * if size <= paired { 2.0 } else { 1.0 })
        .collect();
    let sum: f64 = weights.iter().sum();
    for w in &mut weights {
        *w /= sum;
    }

    let mut drawn = Vec::with_capacity(count);
    let (mut left, mut share, mut full) = (count as f64, 1.0, 0);
    for size in 1..=sizes {
        let number = choose(players, size) * if size <= paired { 2.0 } else { 1.0 };
        let weight = weights[size - 1];
        if left * (weight / share) / number < 1.0 - 1e-8 {
            break;
        }
        full = size;
        left -= number;
        share -= weight;
        let each = weight / number;
        for coalition in subsets(players, size) {
            let other = (size <= paired).then(|| coalition.complement());
            for coalition in std::iter::once(coalition).chain(other) {
                drawn.push(Drawn {
                    coalition,
                    weight: each,
                    group: None,
                });
            }
        }
    }
    if full == sizes {
        return (drawn, 0.0);
    }
    let remaining: Vec<f64> = (full + 1..=sizes)
        .map(|size| weights[size - 1] / if size <= paired { 2.0 } else { 1.0 })
        .collect();
    let total: f64 = remaining.iter().sum();
    let mut left = count.saturating_sub(drawn.len());
    let mut places: HashMap<Coalition, usize> = HashMap::new();
    let mut pairs = 0;
    for _ in 0..4 * left {
        if left == 0 {
            break;
        }
        let mut at = random.uniform() * total;
        let found = remaining.iter().position(|w| {
            at -= w;
            at < 0.0
        });
        let size = full + 1 + found.unwrap_or(remaining.len() - 1);
        let coalition = subset(random, players, size);
        if let Some(&place) = places.get(&coalition) {
            drawn[place].weight += 1.0;
            let twin = drawn.get_mut(place + 1).filter(|_| size <= paired);
            if let Some(twin) = twin {
                twin.weight += 1.0;
            }
            continue;
        }
        let group = Some(pairs % GROUPS);
        pairs += 1;
        places.insert(coalition.clone(), drawn.len());
        let other = (size <= paired && left > 1).then(|| coalition.complement());
        for coalition in std::iter::once(coalition).chain(other) {
            left -= 1;
            drawn.push(Drawn {
                coalition,
                weight: 1.0,
                group,
            });
        }
    }
    let stands_for: f64 = weights[full..].iter().sum();
    let drawn_weight: f64 = drawn.iter().filter(|d| d.group.is_some()).map(|d| d.weight).sum();
    for one in drawn.iter_mut().filter(|d| d.group.is_some()) {
        one.weight *= stands_for / drawn_weight;
    }
    (drawn, stands_for)
}

/// Most subsets of one size that are listed, to be dealt out without repeats over all parts of a game.
const LISTED: f64 = 20_000.0;

/// Pairs of a coalition and its complement for several parts of a game, drawn without repeats within a part and, where
/// the subsets of a size can be listed, dealt out evenly over the parts.
///
/// Sizes are drawn between leverage scores (every size alike; Musco & Witter 2024) and kernel weights (small sizes
/// more), at their geometric mean, which erred least where exact values are known.
pub struct Leverage {
    players: usize,
    strata: Vec<Stratum>,
}

/// The pairs whose smaller side has `size` members.
struct Stratum {
    size: usize,
    pairs: f64,
    expected: f64,
    listed: Option<Vec<Coalition>>,
    next: usize,
}

impl Stratum {
    fn is_whole(&self) -> bool {
        self.expected >= self.pairs * (1.0 - 1e-9)
    }

    /// Weight of one coalition, over the chance that it is drawn.
    fn weight(&self, players: usize) -> f64 {
        size_weight(players, self.size) / choose(players, self.size) * self.pairs / self.expected
    }
}

impl Leverage {
    /// For about `count` coalitions a part, of at least 2 `players`.
    pub fn new(players: usize, count: usize, seed: u64, stream: u64) -> Self {
        let wanted = count as f64 / 2.0;
        let sizes = 1..=players / 2;
        let mut strata: Vec<Stratum> = sizes
            .map(|size| Stratum {
                size,
                pairs: choose(players, size) * if 2 * size == players { 0.5 } else { 1.0 },
                expected: 0.0,
                listed: None,
                next: 0,
            })
            .collect();
        let share = |s: &Stratum| size_weight(players, s.size).sqrt() * if 2 * s.size == players { 0.5 } else { 1.0 };
        // The factor at which sizes that are asked in full, and the others by their share, come to what is wanted.
        let (mut low, mut high) = (0.0, 1.0);
        let expect = |factor: f64, s: &Stratum| (factor * share(s)).min(s.pairs);
        let sum = |factor: f64, strata: &[Stratum]| strata.iter().map(|s| expect(factor, s)).sum::<f64>();
        let all: f64 = strata.iter().map(|s| s.pairs).sum();
        while sum(high, &strata) < wanted.min(all) * (1.0 - 1e-12) {
            high *= 2.0;
        }
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if sum(middle, &strata) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        for stratum in &mut strata {
            stratum.expected = expect(high, stratum);
            if stratum.pairs <= LISTED {
                let mut list = subsets(players, stratum.size);
                if 2 * stratum.size == players {
                    list.retain(|coalition| coalition.contains(0));
                }
                let order = Counter::new(seed, stream, stratum.size as u64).permutation(list.len());
                stratum.listed = Some(order.into_iter().map(|at| list[at].clone()).collect());
            }
        }
        Self { players, strata }
    }

    /// Weight that all coalitions drawn at random stand for together.
    pub fn stands_for(&self) -> f64 {
        let drawn = self.strata.iter().filter(|s| !s.is_whole());
        drawn
            .map(|s| 2.0 * s.pairs * size_weight(self.players, s.size) / choose(self.players, s.size))
            .sum()
    }

    /// The coalitions of the next part, pair by pair, each with the moment (0 to 1) at which it is due.
    pub fn deal(&mut self, random: &mut Counter) -> Vec<(f64, Drawn)> {
        let players = self.players;
        let mut carried = random.uniform();
        let mut dealt = Vec::new();
        let mut number = 0;
        for stratum in &mut self.strata {
            let weight = stratum.weight(players);
            let whole = stratum.is_whole();
            // Fractions are carried from size to size, so that every part gets the count that was asked.
            let exact = stratum.expected + carried;
            let count = if whole { stratum.pairs.round() } else { exact.floor() };
            if !whole {
                carried = exact - count;
            }
            let start = random.uniform();
            let mut seen = std::collections::HashSet::new();
            for k in 0..count as usize {
                let coalition = if let Some(list) = &stratum.listed {
                    stratum.next += 1;
                    list[(stratum.next - 1) % list.len()].clone()
                } else {
                    let mut coalition = subset(random, players, stratum.size);
                    for _ in 0..8 {
                        if seen.insert(coalition.clone()) {
                            break;
                        }
                        coalition = subset(random, players, stratum.size);
                    }
                    coalition
                };
                let (due, group) = if whole {
                    (0.0, None)
                } else {
                    number += 1;
                    ((k as f64 + start) / count, Some(number % GROUPS))
                };
                for coalition in [coalition.complement(), coalition] {
                    let one = Drawn {
                        coalition,
                        weight,
                        group,
                    };
                    dealt.push((due, one));
                }
            }
        }
        dealt
    }
}
