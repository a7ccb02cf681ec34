//! How many rows reached each node of each tree.

use std::borrow::Cow;

use glassboard_model::TreeEnsemble;
use glassboard_model::trees::{Node, Tree, goes_left};
use ndarray::ArrayView2;
use rayon::prelude::*;

/// Rows that reached each node, `[trees][nodes]`.
#[derive(Debug, Clone)]
pub struct Covers<'a>(Vec<Cow<'a, [f64]>>);

impl<'a> Covers<'a> {
    /// What the file says; none where it does not say it for every tree.
    pub fn of_file(ensemble: &'a TreeEnsemble) -> Option<Self> {
        let covers = ensemble.trees.iter().map(|tree| Cow::Borrowed(tree.cover.as_slice()));
        ensemble.has_covers().then(|| Self(covers.collect()))
    }

    /// Counts `rows` through every tree. With the rows the model was fitted on, and no sampling of rows in the fit,
    /// these are the numbers that the library would have written.
    pub fn recount(ensemble: &TreeEnsemble, rows: ArrayView2<'_, f64>) -> Self {
        let compared: Vec<Vec<f64>> = rows
            .rows()
            .into_iter()
            .map(|row| ensemble.compared(&row.to_vec()))
            .collect();
        let trees = ensemble.trees.par_iter().map(|tree| Cow::Owned(count(tree, &compared)));
        Self(trees.collect())
    }

    /// Of tree `index`, one number a node.
    pub fn of(&self, index: usize) -> &[f64] {
        &self.0[index]
    }

    /// Splits that no row reached: there the way goes on evenly.
    pub fn unreached(&self, ensemble: &TreeEnsemble) -> usize {
        let each = ensemble.trees.iter().zip(&self.0).map(|(tree, cover)| {
            let splits = tree.nodes.iter().zip(cover.iter());
            splits
                .filter(|(node, cover)| matches!(node, Node::Split { .. }) && **cover <= 0.0)
                .count()
        });
        each.sum()
    }
}

fn count(tree: &Tree, rows: &[Vec<f64>]) -> Vec<f64> {
    let mut cover = vec![0.0; tree.nodes.len()];
    for row in rows {
        let mut at = 0usize;
        loop {
            cover[at] += 1.0;
            let Node::Split {
                feature,
                rule,
                missing,
                left,
                right,
            } = &tree.nodes[at]
            else {
                break;
            };
            let yes = goes_left(rule, *missing, row[*feature as usize]);
            at = if yes { *left } else { *right } as usize;
        }
    }
    cover
}
