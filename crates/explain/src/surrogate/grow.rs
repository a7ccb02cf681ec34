//! Growing a tree: level by level without a limit of leaves, else the best split anywhere first.

use super::impurity::Tally;
use super::split::{Asked, Split};

/// A node while it grows.
pub(super) struct Bud {
    pub rows: Vec<u32>,
    pub tally: Tally,
    pub depth: usize,
    pub split: Option<Split>,
    /// Children, once it was split.
    pub children: Option<(usize, usize)>,
}

/// When growing ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// Questions from the root to a leaf, at most.
    pub depth: usize,
    /// Leaves, at most; 0 is no limit.
    pub leaves: usize,
    /// Rows that a leaf must have.
    pub rows: usize,
}

/// Impurity that counts as none.
const PURE: f64 = f64::EPSILON;

/// All nodes, the root first; children follow their parent.
pub(super) fn grow(asked: &Asked<'_>, growth: Growth) -> Vec<Bud> {
    let bud = |rows: Vec<u32>, depth: usize| {
        let mut tally = Tally::new(&asked.goal);
        for row in &rows {
            tally.add(&asked.goal, *row as usize, 1.0);
        }
        let done = depth >= growth.depth
            || rows.len() < 2 * asked.least.max(1)
            || tally.impurity(&asked.goal, asked.criterion) <= PURE;
        let split = if done { None } else { asked.best(&rows, &tally) };
        Bud {
            rows,
            tally,
            depth,
            split,
            children: None,
        }
    };
    let mut buds = vec![bud((0..asked.x.nrows() as u32).collect(), 0)];
    let mut leaves = 1;
    loop {
        let open = (0..buds.len()).filter(|i| buds[*i].children.is_none() && buds[*i].split.is_some());
        let gain = |i: usize| buds[i].split.as_ref().map_or(0.0, |s| s.gain);
        let next = if growth.leaves == 0 {
            open.min()
        } else {
            open.reduce(|a, b| if gain(b) > gain(a) { b } else { a })
        };
        let Some(next) = next else { break };
        if growth.leaves != 0 && leaves >= growth.leaves {
            break;
        }
        let Some(split) = &buds[next].split else { break };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for &row in &buds[next].rows {
            let value = f64::from(asked.x[[row as usize, split.feature]] as f32);
            let yes = glassboard_model::trees::goes_left(&split.rule, split.missing, value);
            if yes { &mut left } else { &mut right }.push(row);
        }
        let depth = buds[next].depth + 1;
        let first = buds.len();
        buds.push(bud(left, depth));
        buds.push(bud(right, depth));
        buds[next].children = Some((first, first + 1));
        leaves += 1;
    }
    buds
}
