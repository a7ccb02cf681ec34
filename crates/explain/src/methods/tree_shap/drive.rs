//! Rows and trees to threads: rows are cut into pieces, each piece goes through the trees in their order.

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::Tree;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::covers::Covers;
use super::lanes::{Block, LANES, Lanes, blocks};
use super::path::Paths;
use crate::{ExplainError, Runner};

/// Trees between two looks at the cancel switch.
const TREES: usize = 16;

/// Some blocks of rows, and the sums that belong to them.
pub struct Piece {
    /// Rows of one or more targets.
    pub blocks: Vec<Block>,
    /// `[blocks, width]`.
    pub sums: Vec<Lanes>,
}

/// One tree, ready to be walked.
pub struct Ready<'a, P = ()> {
    /// The tree as it was read.
    pub tree: &'a Tree,
    /// Its edges.
    pub paths: Paths,
    /// What the algorithm made of it once for all rows.
    pub prepared: P,
}

impl<P> Ready<'_, P> {
    /// A number for each leaf, for the output `target`; none where the tree has nothing to say about it.
    pub fn values(&self, target: usize) -> Option<Vec<f64>> {
        let column = target.checked_sub(self.tree.output).filter(|c| *c < self.tree.width)?;
        let leaves = self.tree.values.len() / self.tree.width;
        Some((0..leaves).map(|leaf| self.tree.value(leaf)[column]).collect())
    }
}

/// An algorithm that goes through trees.
pub trait Walk: Sync {
    /// What is made of a tree once.
    type Prepared: Send + Sync;

    /// Sums a row.
    fn width(&self) -> usize;

    /// Makes it.
    fn prepare(&self, paths: &Paths) -> Self::Prepared;

    /// Adds one tree to the piece's sums.
    fn tree(&self, ready: &Ready<'_, Self::Prepared>, piece: &mut Piece);
}

/// Sums over trees for `rows`, `[rows, width]`. Every piece goes through the trees in their order, so that neither
/// threads nor other rows change a row's sums.
pub fn sums<W: Walk>(
    run: &mut Runner<'_>,
    ensemble: &TreeEnsemble,
    covers: Option<&Covers<'_>>,
    (rows, targets): (ArrayView2<'_, f64>, &[usize]),
    walk: &W,
) -> Result<Array2<f64>, ExplainError> {
    let width = walk.width();
    let mut pieces = pieces(blocks(ensemble, rows, targets), width);
    let total = ensemble.trees.len();
    for first in (0..total).step_by(TREES) {
        run.check_cancelled()?;
        let last = (first + TREES).min(total);
        let ready: Vec<_> = (first..last)
            .into_par_iter()
            .map(|index| {
                let tree = &ensemble.trees[index];
                let paths = Paths::new(tree, covers.map(|c| c.of(index)));
                let prepared = walk.prepare(&paths);
                Ready { tree, paths, prepared }
            })
            .collect();
        pieces.par_iter_mut().for_each(|piece| {
            for one in &ready {
                walk.tree(one, piece);
            }
        });
        run.tell_trees(last, total);
    }
    let mut all = Array2::zeros((rows.nrows(), width));
    for piece in &pieces {
        for (block, sums) in piece.blocks.iter().zip(piece.sums.chunks(width)) {
            for (lane, &row) in block.rows.iter().enumerate().take(block.used) {
                let to = all.row_mut(row);
                to.into_iter()
                    .zip(sums)
                    .for_each(|(to, from)| *to = from[lane] * ensemble.scale);
            }
        }
    }
    Ok(all)
}

/// One piece a thread.
fn pieces(blocks: Vec<Block>, width: usize) -> Vec<Piece> {
    let each = blocks.len().div_ceil(rayon::current_num_threads()).max(1);
    let mut blocks = blocks.into_iter().peekable();
    let mut pieces = Vec::new();
    while blocks.peek().is_some() {
        let blocks: Vec<Block> = blocks.by_ref().take(each).collect();
        let sums = vec![[0.0; LANES]; blocks.len() * width];
        pieces.push(Piece { blocks, sums });
    }
    pieces
}
