//! Interventional values of the raw output: features that are not known are taken from background rows, all together.
//!
//! At a leaf, all that matters of a row is its pattern: which of the path's features it satisfies. Background rows of
//! one pattern are counted once, and what a leaf gives to each of its features is worked out once for each pattern
//! that a row has; after that a row costs a look-up a leaf, however many background rows there are (the idea of
//! Woodelf, Nadel and Wettenstein 2025). A pair of patterns gives something only if every feature that the row fails
//! is satisfied by the background row; the leaf then depends on the presence of those that only the row satisfies.

use std::collections::HashMap;

use super::coalitions::Weights;
use super::drive::{Piece, Ready, Walk};
use super::lanes::{Block, LANES, Lanes, Mask};
use super::path::Paths;
use super::patterns::{BITS, Levels, features, patterns};

/// Most leaves of a tree whose patterns are counted; see [`super::pairs`] for larger trees.
pub const LEAVES: usize = 512;
/// Most features on a path whose patterns are looked up by number.
const NUMBERED: usize = 10;
/// Blocks that go through a leaf together.
const TOGETHER: usize = 64;

/// Whether a tree is small enough. This may not depend on the rows that are explained.
pub fn fits(paths: &Paths) -> bool {
    paths.leaves <= LEAVES && paths.different <= BITS
}

/// A leaf's path, and who of the background is how far along it.
pub struct Counted {
    /// Features by their bit.
    features: Vec<u32>,
    /// Patterns of background rows in rising order, each with the share of the rows that have it.
    background: Vec<(u64, f64)>,
}

/// Counts the background's patterns at every leaf.
pub fn count(paths: &Paths, background: &[Block]) -> Vec<Counted> {
    let mut of_leaf = vec![Vec::new(); paths.leaves];
    let mut levels = Levels::new(paths.depth);
    let mut found = vec![[0; LANES]; paths.leaves];
    for block in background {
        pulp::Arch::new().dispatch(Find(paths, block, &mut levels, &mut found));
        for (list, found) in of_leaf.iter_mut().zip(&found) {
            list.extend_from_slice(&found[..block.used]);
        }
    }
    let features = features(paths);
    let leaves = features.into_iter().zip(of_leaf);
    let counted = leaves.map(|(features, mut all)| {
        let total = all.len() as f64;
        all.sort_unstable();
        let alike = all.chunk_by(|a, b| a == b);
        Counted {
            features,
            background: alike.map(|list| (list[0], list.len() as f64 / total)).collect(),
        }
    });
    counted.collect()
}

struct Find<'a>(&'a Paths, &'a Block, &'a mut Levels, &'a mut [Mask]);

impl pulp::WithSimd for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        patterns(self.0, &self.1.columns, self.2, self.3);
    }
}

impl Counted {
    /// What a leaf of value 1 gives to each of its features for a row of this pattern; false where that is nothing.
    fn shares(&self, weights: &Weights, pattern: u64, shares: &mut [f64]) -> bool {
        let different = self.features.len();
        let all = if different == BITS {
            u64::MAX
        } else {
            (1 << different) - 1
        };
        let failed = all & !pattern;
        let absent = failed.count_ones() as usize;
        let mut against = 0.0;
        let mut any = false;
        for &(background, share) in &self.background {
            if background & failed != failed {
                continue;
            }
            let mut only_row = all & !background;
            let present = only_row.count_ones() as usize;
            any |= present + absent > 0;
            against += share * weights.of(absent, present);
            let part = share * weights.of(present, absent);
            while only_row != 0 {
                shares[only_row.trailing_zeros() as usize] += part;
                only_row &= only_row - 1;
            }
        }
        for (bit, share) in shares.iter_mut().enumerate() {
            if failed >> bit & 1 == 1 {
                *share = -against;
            }
        }
        any
    }
}

/// The shares of the patterns that were met at one leaf.
struct Known {
    numbered: Vec<u32>,
    named: HashMap<u64, u32>,
    /// `[patterns met + 1, features]`; the first are zeros.
    shares: Vec<f64>,
}

/// A pattern that was not met yet.
const UNKNOWN: u32 = u32::MAX;

impl Known {
    fn new(different: usize) -> Self {
        let count = if different <= NUMBERED { 1 << different } else { 0 };
        Self {
            numbered: vec![UNKNOWN; count],
            named: HashMap::new(),
            shares: vec![0.0; different],
        }
    }

    /// Where the shares of `pattern` begin; 0 where there is nothing to give.
    #[inline(always)]
    fn place(&mut self, leaf: &Counted, weights: &Weights, pattern: u64) -> usize {
        let known = match self.numbered.get(pattern as usize) {
            Some(place) => *place,
            None => self.named.get(&pattern).copied().unwrap_or(UNKNOWN),
        };
        if known == UNKNOWN {
            self.learn(leaf, weights, pattern)
        } else {
            known as usize
        }
    }

    #[inline(never)]
    fn learn(&mut self, leaf: &Counted, weights: &Weights, pattern: u64) -> usize {
        let different = leaf.features.len();
        let mut place = self.shares.len();
        self.shares.resize(place + different, 0.0);
        if !leaf.shares(weights, pattern, &mut self.shares[place..]) {
            self.shares.truncate(place);
            place = 0;
        }
        match self.numbered.get_mut(pattern as usize) {
            Some(to) => *to = place as u32,
            None => {
                self.named.insert(pattern, place as u32);
            }
        }
        place
    }
}

/// Values against a background.
pub struct Interventional<'a> {
    /// Columns of a row.
    pub features: usize,
    /// The background.
    pub background: &'a [Block],
    /// For the longest path of the ensemble.
    pub weights: &'a Weights,
}

impl Interventional<'_> {
    /// Adds a tree that was counted.
    pub fn look_up<P>(&self, ready: &Ready<'_, P>, leaves: &[Counted], piece: &mut Piece) {
        pulp::Arch::new().dispatch(LookUp {
            with: self,
            ready,
            leaves,
            piece,
        });
    }
}

impl Walk for Interventional<'_> {
    type Prepared = Vec<Counted>;

    fn width(&self) -> usize {
        self.features
    }

    fn prepare(&self, paths: &Paths) -> Self::Prepared {
        count(paths, self.background)
    }

    fn tree(&self, ready: &Ready<'_, Self::Prepared>, piece: &mut Piece) {
        self.look_up(ready, &ready.prepared, piece);
    }
}

struct LookUp<'a, P> {
    with: &'a Interventional<'a>,
    ready: &'a Ready<'a, P>,
    leaves: &'a [Counted],
    piece: &'a mut Piece,
}

impl<P> pulp::WithSimd for LookUp<'_, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let (paths, width) = (&self.ready.paths, self.with.features);
        if paths.edges.is_empty() {
            return;
        }
        let mut known: Vec<Known> = self.leaves.iter().map(|leaf| Known::new(leaf.features.len())).collect();
        let mut levels = Levels::new(paths.depth);
        // [blocks][leaves]
        let mut found = vec![[0; LANES]; paths.leaves * TOGETHER];
        let blocks = self.piece.blocks.chunks(TOGETHER);
        for (blocks, sums) in blocks.zip(self.piece.sums.chunks_mut(TOGETHER * width)) {
            for (block, found) in blocks.iter().zip(found.chunks_mut(paths.leaves)) {
                patterns(paths, &block.columns, &mut levels, found);
            }
            let mut target = usize::MAX;
            let mut values = None;
            for (leaf, (counted, known)) in self.leaves.iter().zip(&mut known).enumerate() {
                for (at, (block, sums)) in blocks.iter().zip(sums.chunks_mut(width)).enumerate() {
                    if block.target != target {
                        target = block.target;
                        values = self.ready.values(target);
                    }
                    let Some(values) = &values else { continue };
                    let mut places = [0; LANES];
                    let mut any = 0;
                    for lane in 0..LANES {
                        let pattern = found[at * paths.leaves + leaf][lane];
                        places[lane] = known.place(counted, self.with.weights, pattern);
                        any |= places[lane];
                    }
                    if any != 0 {
                        give(&counted.features, values[leaf], &known.shares, &places, sums);
                    }
                }
            }
        }
    }
}

/// Adds what a leaf gives to each feature.
#[inline(always)]
fn give(features: &[u32], value: f64, shares: &[f64], places: &[usize; LANES], sums: &mut [Lanes]) {
    for (bit, feature) in features.iter().enumerate() {
        let to = &mut sums[*feature as usize];
        let mut part = [0.0; LANES];
        for lane in 0..LANES {
            part[lane] = shares[places[lane] + bit];
        }
        for lane in 0..LANES {
            to[lane] += value * part[lane];
        }
    }
}
