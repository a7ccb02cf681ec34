//! Which of a path's features a row satisfies, for every leaf of a tree: one bit a feature.

use super::lanes::{EVERY, Lanes, Mask, not};
use super::path::{NO_LEAF, Paths};

/// Most different features on a path that have a bit each.
pub const BITS: usize = 64;

/// Room for a walk.
pub struct Levels {
    yes: Vec<Mask>,
    pattern: Vec<Mask>,
}

impl Levels {
    /// For trees of up to `depth`.
    pub fn new(depth: usize) -> Self {
        Self {
            yes: vec![EVERY; depth + 1],
            pattern: vec![[0; super::lanes::LANES]; depth + 1],
        }
    }
}

/// The pattern of each row of a block at each leaf, into `patterns` (`[leaves]`).
#[inline(always)]
pub fn patterns(paths: &Paths, columns: &[Lanes], levels: &mut Levels, patterns: &mut [Mask]) {
    for edge in &paths.edges {
        let depth = edge.depth as usize;
        let side = if edge.yes {
            levels.yes[depth] = paths.questions[edge.split as usize].ask(columns);
            levels.yes[depth]
        } else {
            not(&levels.yes[depth])
        };
        let bit = 1u64 << edge.place;
        let mut pattern = levels.pattern[depth - 1];
        if edge.before == 0 {
            for (bits, side) in pattern.iter_mut().zip(side) {
                *bits |= side & bit;
            }
        } else {
            for (bits, side) in pattern.iter_mut().zip(side) {
                *bits &= side | !bit;
            }
        }
        if edge.leaf == NO_LEAF {
            levels.pattern[depth] = pattern;
        } else {
            patterns[edge.leaf as usize] = pattern;
        }
    }
}

/// The different features on the path to each leaf, by their bit.
pub fn features(paths: &Paths) -> Vec<Vec<u32>> {
    let mut leaves = vec![Vec::new(); paths.leaves];
    let mut above: Vec<u32> = vec![0; paths.depth + 1];
    let mut places: Vec<u32> = vec![0; paths.depth + 1];
    for edge in &paths.edges {
        let depth = edge.depth as usize;
        above[depth] = edge.feature;
        places[depth] = edge.place;
        if edge.leaf != NO_LEAF {
            let mut list = vec![0; edge.different as usize];
            for depth in 1..=depth {
                list[places[depth] as usize] = above[depth];
            }
            leaves[edge.leaf as usize] = list;
        }
    }
    leaves
}
