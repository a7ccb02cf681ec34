//! Path-dependent interactions of two features.
//!
//! The interaction of two features at a leaf is the integral of [`super::path_dependent`] with two of its factors
//! replaced by their derivatives. An edge's part for a sum of 1 below does that for one feature; for a pair it is the
//! product of the two edges' parts, with the leaves below the lower of them.

use super::drive::{Piece, Ready, Walk};
use super::lanes::{LANES, Lanes, Mask, add, add_product};
use super::path::{Edge, Paths};
use super::path_dependent::{Factors, Level, MakePart, Part, in_goes};

/// Values, then pairs (see [`pair`]).
pub struct Interactions {
    /// Columns of a row.
    pub features: usize,
}

/// Sums a row: one a feature, then one for each pair of different features.
pub fn width(features: usize) -> usize {
    features + features * features.saturating_sub(1) / 2
}

/// Where the sum of two different features is kept.
#[inline(always)]
pub fn pair(features: usize, a: usize, b: usize) -> usize {
    let (low, high) = (a.min(b), a.max(b));
    features + low * (2 * features - low - 1) / 2 + (high - low - 1)
}

impl Walk for Interactions {
    type Prepared = ();

    fn width(&self) -> usize {
        width(self.features)
    }

    fn prepare(&self, _paths: &Paths) {}

    fn tree(&self, ready: &Ready<'_>, piece: &mut Piece) {
        in_goes(ready, piece, self.width(), self);
    }
}

impl MakePart for Interactions {
    fn make<'a, const N: usize>(&self, paths: &Paths, sums: &'a mut [Lanes]) -> impl Part<N> + use<'a, N> {
        Pairs {
            features: self.features,
            above: vec![(0, [[0.0; LANES]; N]); paths.depth + 1],
            sums,
        }
    }
}

struct Pairs<'a, const N: usize> {
    features: usize,
    /// By depth: the feature asked about, and the edge's part at each point.
    above: Vec<(usize, [Lanes; N])>,
    sums: &'a mut [Lanes],
}

impl<const N: usize> Part<N> for Pairs<'_, N> {
    #[inline(always)]
    fn enter(&mut self, edge: &Edge, factors: &Factors<N>, now: &Mask, before: &Mask) {
        let (feature, parts) = &mut self.above[edge.depth as usize];
        *feature = edge.feature as usize;
        for n in 0..N {
            parts[n] = factors.up(n, now, before);
        }
    }

    #[inline(always)]
    fn add(&mut self, edge: &Edge, _factors: &Factors<N>, sum: &[Lanes; N], _levels: &mut [Level<N>]) {
        let depth = edge.depth as usize;
        let (feature, parts) = self.above[depth];
        let mut own = *sum;
        let mut total = [0.0; LANES];
        for n in 0..N {
            for lane in 0..LANES {
                own[n][lane] *= parts[n][lane];
            }
            add(&mut total, &own[n]);
        }
        add(&mut self.sums[feature], &total);
        for (other, parts) in &self.above[1..depth] {
            if *other == feature {
                continue;
            }
            let mut total = [0.0; LANES];
            for n in 0..N {
                add_product(&mut total, &own[n], &parts[n]);
            }
            add(&mut self.sums[pair(self.features, feature, *other)], &total);
        }
    }
}
