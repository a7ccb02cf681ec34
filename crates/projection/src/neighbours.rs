//! Nearest neighbours, exactly.
//!
//! By products of blocks of rows, which is the fastest way there is to look at every pair, and then by true
//! differences for the candidates: `|a|² + |b|² - 2ab` alone loses what tells close points apart.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use crate::{Points, ProjectionError};

/// Rows of which distances to all points are made at once.
const BLOCK: usize = 64;
/// Columns of a product, so that it stays in a cache.
const COLUMNS: usize = 4096;
/// Candidates beyond those that are wanted, from which the nearest are taken by true distance.
const SPARE: usize = 16;
/// Blocks between two looks at the watch.
const ROUND: usize = 16;

/// Each point's nearest others, nearest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// Neighbours of each point.
    pub k: usize,
    /// `[points, k]`.
    pub index: Vec<u32>,
    /// Euclidean distances, `[points, k]`.
    pub distance: Vec<f32>,
}

/// The `k` nearest others of each of `of`, nearest first; of equally near ones those that come first.
/// `k` is less than the number of points.
pub fn nearest(
    points: &Points,
    of: &[u32],
    k: usize,
    watch: &mut dyn FnMut(f64) -> Result<(), ProjectionError>,
) -> Result<Neighbours, ProjectionError> {
    let squares: Vec<f32> = (0..points.len())
        .map(|i| dot(points.point(i), points.point(i)))
        .collect();
    let mut found = Neighbours {
        k,
        index: Vec::with_capacity(of.len() * k),
        distance: Vec::with_capacity(of.len() * k),
    };
    let mut done = 0;
    for round in of.chunks(BLOCK * ROUND) {
        watch(done as f64 / of.len().max(1) as f64)?;
        let blocks: Vec<_> = round
            .par_chunks(BLOCK)
            .map(|block| of_block(points, &squares, block, k))
            .collect();
        for (index, distance) in blocks {
            found.index.extend(index);
            found.distance.extend(distance);
        }
        done += round.len();
    }
    Ok(found)
}

fn of_block(points: &Points, squares: &[f32], block: &[u32], k: usize) -> (Vec<u32>, Vec<f32>) {
    let (n, width) = (points.len(), points.width());
    let mut rows = Vec::with_capacity(block.len() * width);
    for &row in block {
        rows.extend_from_slice(points.point(row as usize));
    }
    let left = MatRef::from_row_major_slice(&rows, block.len(), width);
    let mut best: Vec<Candidates> = block.iter().map(|_| Candidates::new(k + SPARE)).collect();
    let mut product = Mat::<f32>::zeros(block.len(), COLUMNS);
    for from in (0..n).step_by(COLUMNS) {
        let to = (from + COLUMNS).min(n);
        let right = MatRef::from_row_major_slice(&points.values()[from * width..to * width], to - from, width);
        let mut out = product.as_mut().subcols_mut(0, to - from);
        matmul(out.as_mut(), Accum::Replace, left, right.transpose(), 1.0, Par::Seq);
        for column in 0..to - from {
            let other = from + column;
            for (row, best) in best.iter_mut().enumerate() {
                if block[row] as usize != other {
                    best.offer(squares[other] - 2.0 * out[(row, column)], other as u32);
                }
            }
        }
    }
    let (mut index, mut distance) = (Vec::with_capacity(block.len() * k), Vec::with_capacity(block.len() * k));
    for (row, best) in block.iter().zip(best) {
        let mut near: Vec<(f32, u32)> = best
            .into_indices()
            .map(|other| (apart(points.point(*row as usize), points.point(other as usize)), other))
            .collect();
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        index.extend(near.iter().take(k).map(|(_, other)| *other));
        distance.extend(near.iter().take(k).map(|(square, _)| square.sqrt()));
    }
    (index, distance)
}

/// The smallest of what is offered, by a bound that sinks whenever there are twice as many as wanted.
struct Candidates {
    want: usize,
    bound: f32,
    list: Vec<(f32, u32)>,
}

impl Candidates {
    fn new(want: usize) -> Self {
        Self {
            want,
            bound: f32::INFINITY,
            list: Vec::with_capacity(2 * want),
        }
    }

    fn offer(&mut self, key: f32, index: u32) {
        if key < self.bound {
            self.list.push((key, index));
            if self.list.len() == 2 * self.want {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        if self.list.len() > self.want {
            let by = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            let (_, last, _) = self.list.select_nth_unstable_by(self.want - 1, by);
            self.bound = last.0;
            self.list.truncate(self.want);
        }
    }

    fn into_indices(mut self) -> impl Iterator<Item = u32> {
        self.cut();
        self.list.into_iter().map(|(_, index)| index)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The square of the distance.
pub(crate) fn apart(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
