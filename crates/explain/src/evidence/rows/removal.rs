//! Taking the top features away at once, beside every other choice of as many features or random ones.

use serde::Serialize;

use super::compared::above;
use crate::ExplainError;
use crate::evidence::exchange::{Exchange, changes};
use crate::evidence::statistics::{descending_order, magnitudes};
use crate::random::Counter;

/// Stream of [`Counter`] for choices of features.
const STREAM: u64 = 42;

/// How far the explained number moves, either way, when features are taken away.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// The features of largest magnitude, by column.
    pub top: Vec<usize>,
    /// |f(x) - f(x without them)|.
    pub moved: f64,
    /// The same for the features of smallest magnitude.
    pub last: f64,
    /// The same for each other choice.
    pub random: Vec<f64>,
    /// Whether `random` is every other choice there is; otherwise they were drawn.
    pub every: bool,
    /// How many of them move it less than the top features do.
    pub beaten: usize,
}

/// Takes the `top` features of largest magnitude away, and other choices of as many: all, where those are no more
/// than `choices`.
pub(super) fn removal(
    exchange: &mut dyn Exchange,
    attribution: &[f64],
    top: usize,
    choices: usize,
    seed: u64,
) -> Result<Moved, ExplainError> {
    let parts = exchange.parts();
    let order = descending_order(&magnitudes(attribution));
    let first: Vec<usize> = order.iter().copied().take(top).collect();
    let last: Vec<usize> = order.iter().rev().copied().take(top).collect();
    let every = combinations(parts, top).is_some_and(|all| all <= choices as u64 + 1);
    let others = if every {
        every_other(parts, &first)
    } else {
        drawn(parts, top, choices, seed)
    };
    let mut sets = vec![first.clone(), last];
    sets.extend(others);
    let mut moved = changes(exchange, &sets)?.into_iter().map(f64::abs);
    let (own, last) = (moved.next().unwrap_or_default(), moved.next().unwrap_or_default());
    let random: Vec<f64> = moved.collect();
    Ok(Moved {
        top: first,
        moved: own,
        last,
        beaten: random.iter().filter(|other| above(own, **other)).count(),
        random,
        every,
    })
}

/// n over k; none where it does not fit.
fn combinations(n: usize, k: usize) -> Option<u64> {
    (0..k.min(n)).try_fold(1u64, |all, i| {
        all.checked_mul((n - i) as u64).map(|all| all / (i as u64 + 1))
    })
}

/// Every set of as many parts but `own`, in lexicographic order.
fn every_other(parts: usize, own: &[usize]) -> Vec<Vec<usize>> {
    let mut own = own.to_vec();
    own.sort_unstable();
    let k = own.len();
    let (mut out, mut set) = (Vec::new(), (0..k).collect::<Vec<_>>());
    loop {
        if set != own {
            out.push(set.clone());
        }
        // The last place that can still move on.
        let Some(at) = (0..k).rev().find(|i| set[*i] < parts - k + i) else {
            return out;
        };
        set[at] += 1;
        (at + 1..k).for_each(|i| set[i] = set[i - 1] + 1);
    }
}

fn drawn(parts: usize, size: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let set = |k: usize| {
        let mut order = Counter::new(seed, STREAM, k as u64).permutation(parts);
        order.truncate(size);
        order
    };
    (0..count).map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_choice_is_listed_once() {
        let all = every_other(5, &[3, 1]);
        assert_eq!(all.len() as u64, combinations(5, 2).unwrap() - 1);
        let mut seen = all.clone();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all.len());
        assert!(!all.contains(&vec![1, 3]) && all.contains(&vec![0, 4]));
        assert_eq!(every_other(1, &[0]), Vec::<Vec<usize>>::new());
        assert_eq!(combinations(30, 3), Some(4060));
    }
}
