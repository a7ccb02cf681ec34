//! Path-dependent values: features that are not known are left to the shares of the training rows.
//!
//! For a leaf of value `v` whose path asks about features `k`, with `o` = 1 where the row satisfies what is asked about
//! `k` and `z` the share of the training rows that do, a feature's share of the leaf is
//! `v (o_j - z_j) ∫ Π_{k≠j} (z_k + t (o_k - z_k)) dt`, `t` from 0 to 1. The integrand is a polynomial of the number
//! of different features on the path, less one, so that a Gauss-Legendre rule of half as many points is exact: no
//! sizes of coalitions are counted, every factor lies between 0 and 1, and nothing is lost in deep trees (Yu et al.
//! 2022 sum the same polynomials, by other means). One walk down multiplies the factors, the way back sums leaves and
//! hands each edge its part; eight rows go together.

use super::drive::{Piece, Ready};
use super::lanes::{Block, EVERY, LANES, Lanes, Mask, add, add_product, and, keep, not, select};
use super::path::{Edge, NO_LEAF, Paths};
use crate::quadrature::Rule;

/// Points of a rule that are walked together; a rule of more is walked in several goes.
pub const GO: usize = 4;

/// Points that make the integral over a path of `different` features exact.
pub fn points(different: usize) -> Vec<(f64, f64)> {
    Rule::GaussLegendre.points(different.div_ceil(2).max(1))
}

/// What an edge does to the product on the way down, and to the sum of the leaves below on the way up, at `N` points.
/// Three cases: the row satisfies what the path asks about the feature (`on`), did so until this edge (`leaves`),
/// or has not since an earlier edge (`off`; nothing to add on the way up).
#[derive(Debug, Clone, Copy)]
pub struct Factors<const N: usize> {
    down_on: [f64; N],
    down_leaves: [f64; N],
    down_off: f64,
    up_on: [f64; N],
    up_leaves: [f64; N],
}

/// d/dt of the logarithm of the factor `z + t (o - z)`, for o = 1.
fn slope(z: f64, t: f64) -> f64 {
    (1.0 - z) / (z + t * (1.0 - z))
}

impl<const N: usize> Factors<N> {
    fn new(edge: &Edge, before: f64, go: &[(f64, f64)]) -> Self {
        let mut factors = Self {
            down_on: [0.0; N],
            down_leaves: [0.0; N],
            down_off: edge.share,
            up_on: [0.0; N],
            up_leaves: [0.0; N],
        };
        let z = edge.merged;
        for (n, &(t, _)) in go.iter().enumerate() {
            let above = before + t * (1.0 - before);
            factors.down_on[n] = (z + t * (1.0 - z)) / above;
            factors.down_leaves[n] = z * (1.0 - t) / above;
            factors.up_on[n] = slope(z, t) - slope(before, t);
            factors.up_leaves[n] = -1.0 / (1.0 - t) - slope(before, t);
        }
        factors
    }

    /// Of every edge of `paths`.
    pub fn of(paths: &Paths, go: &[(f64, f64)]) -> Vec<Self> {
        let mut merged = vec![1.0; paths.depth + 1];
        let each = paths.edges.iter().map(|edge| {
            let factors = Self::new(edge, merged[edge.before as usize], go);
            merged[edge.depth as usize] = edge.merged;
            factors
        });
        each.collect()
    }

    /// The product of an edge's factors at each point.
    #[inline(always)]
    fn down(&self, above: &[Lanes; N], now: &Mask, before: &Mask) -> [Lanes; N] {
        let mut product = *above;
        for n in 0..N {
            let on = select(now, self.down_on[n], self.down_leaves[n]);
            let factor = keep(before, &on, self.down_off);
            for lane in 0..LANES {
                product[n][lane] *= factor[lane];
            }
        }
        product
    }

    /// The edge's part at point `n` for a sum of 1 below.
    #[inline(always)]
    pub fn up(&self, n: usize, now: &Mask, before: &Mask) -> Lanes {
        keep(before, &select(now, self.up_on[n], self.up_leaves[n]), 0.0)
    }
}

/// One level of a walk.
#[derive(Clone, Copy)]
pub struct Level<const N: usize> {
    /// Product of the factors down to here.
    product: [Lanes; N],
    /// What was added up below the left child of this level's split.
    left: [Lanes; N],
    /// Who satisfies everything asked about this level's feature.
    pub now: Mask,
    /// Who answered yes at this level's split.
    yes: Mask,
    /// The edge of this level.
    pub edge: usize,
}

impl<const N: usize> Level<N> {
    /// Room for a walk through a tree of `depth`.
    pub fn stack(depth: usize) -> Vec<Self> {
        let root = Self {
            product: [[1.0; LANES]; N],
            left: [[0.0; LANES]; N],
            now: EVERY,
            yes: EVERY,
            edge: 0,
        };
        vec![root; depth + 1]
    }
}

/// What is done with an edge on the way up.
pub trait Part<const N: usize> {
    /// On the way down.
    #[inline(always)]
    fn enter(&mut self, edge: &Edge, factors: &Factors<N>, now: &Mask, before: &Mask) {
        let _ = (edge, factors, now, before);
    }

    /// The edge, the levels down to it, and the weighted sum of the leaves below it at each point.
    fn add(&mut self, edge: &Edge, factors: &Factors<N>, sum: &[Lanes; N], levels: &mut [Level<N>]);
}

/// Hands `part` each edge on the way up.
#[inline(always)]
pub fn walk<const N: usize>(
    paths: &Paths,
    factors: &[Factors<N>],
    weights: &[f64; N],
    values: &[f64],
    block: &Block,
    levels: &mut [Level<N>],
    part: &mut impl Part<N>,
) {
    for (at, edge) in paths.edges.iter().enumerate() {
        let depth = edge.depth as usize;
        let side = if edge.yes {
            let yes = paths.questions[edge.split as usize].ask(&block.columns);
            levels[depth].yes = yes;
            yes
        } else {
            not(&levels[depth].yes)
        };
        let before = levels[edge.before as usize].now;
        let now = and(&before, &side);
        let product = factors[at].down(&levels[depth - 1].product, &now, &before);
        levels[depth].now = now;
        levels[depth].edge = at;
        part.enter(edge, &factors[at], &now, &before);
        if edge.leaf == NO_LEAF {
            levels[depth].product = product;
            continue;
        }
        let value = values[edge.leaf as usize];
        let mut sum = product;
        for n in 0..N {
            let value = value * weights[n];
            for lane in 0..LANES {
                sum[n][lane] *= value;
            }
        }
        // Back up, as long as both sides of a split are done.
        let (mut at, mut depth) = (at, depth);
        loop {
            let edge = &paths.edges[at];
            part.add(edge, &factors[at], &sum, levels);
            if edge.yes {
                levels[depth].left = sum;
                break;
            }
            for n in 0..N {
                add(&mut sum[n], &levels[depth].left[n]);
            }
            depth -= 1;
            if depth == 0 {
                break;
            }
            at = levels[depth].edge;
        }
    }
}

/// Sums of a block, `[features]`.
struct Values<'a>(&'a mut [Lanes]);

impl<const N: usize> Part<N> for Values<'_> {
    #[inline(always)]
    fn add(&mut self, edge: &Edge, factors: &Factors<N>, sum: &[Lanes; N], levels: &mut [Level<N>]) {
        let before = levels[edge.before as usize].now;
        let now = levels[edge.depth as usize].now;
        let mut total = [0.0; LANES];
        for n in 0..N {
            add_product(&mut total, &sum[n], &factors.up(n, &now, &before));
        }
        add(&mut self.0[edge.feature as usize], &total);
    }
}

/// Values of `features` features.
pub struct PathDependent {
    /// Columns of a row.
    pub features: usize,
}

impl super::drive::Walk for PathDependent {
    type Prepared = ();

    fn width(&self) -> usize {
        self.features
    }

    fn prepare(&self, _paths: &Paths) {}

    fn tree(&self, ready: &Ready<'_>, piece: &mut Piece) {
        in_goes(ready, piece, self.features, &ValuesOf);
    }
}

struct ValuesOf;

impl MakePart for ValuesOf {
    fn make<'a, const N: usize>(&self, _paths: &Paths, sums: &'a mut [Lanes]) -> impl Part<N> + use<'a, N> {
        Values(sums)
    }
}

/// Makes what is done with the edges, for one block's sums.
pub trait MakePart {
    /// For `N` points.
    fn make<'a, const N: usize>(&self, paths: &Paths, sums: &'a mut [Lanes]) -> impl Part<N> + use<'a, Self, N>;
}

/// Walks one tree for a piece of rows, some points of the rule at a time.
pub fn in_goes(ready: &Ready<'_>, piece: &mut Piece, width: usize, make: &impl MakePart) {
    for go in points(ready.paths.different).chunks(GO) {
        match go.len() {
            1 => of_go::<1>(ready, go, piece, width, make),
            2 => of_go::<2>(ready, go, piece, width, make),
            3 => of_go::<3>(ready, go, piece, width, make),
            _ => of_go::<GO>(ready, go, piece, width, make),
        }
    }
}

fn of_go<const N: usize>(ready: &Ready<'_>, go: &[(f64, f64)], piece: &mut Piece, width: usize, make: &impl MakePart) {
    let factors = Factors::<N>::of(&ready.paths, go);
    let weights = std::array::from_fn(|n| go[n].1);
    pulp::Arch::new().dispatch(Go {
        ready,
        factors,
        weights,
        piece,
        width,
        make,
    });
}

/// A walk of every block, compiled for the machine's instruction set.
struct Go<'a, const N: usize, M> {
    ready: &'a Ready<'a>,
    factors: Vec<Factors<N>>,
    weights: [f64; N],
    piece: &'a mut Piece,
    width: usize,
    make: &'a M,
}

impl<const N: usize, M: MakePart> pulp::WithSimd for Go<'_, N, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let paths = &self.ready.paths;
        let mut levels = Level::stack(paths.depth);
        let mut values = None;
        let mut target = usize::MAX;
        for (block, sums) in self.piece.blocks.iter().zip(self.piece.sums.chunks_mut(self.width)) {
            if block.target != target {
                target = block.target;
                values = self.ready.values(target);
            }
            let Some(values) = &values else { continue };
            let mut part = self.make.make::<N>(paths, sums);
            let (factors, weights) = (&self.factors, &self.weights);
            walk(paths, factors, weights, values, block, &mut levels, &mut part);
        }
    }
}
