//! UMAP: the graph of neighbours by the crate umap-rs, laid out here.
//!
//! Why the layout is not the crate's: it draws from the system's random numbers and lets threads write over each
//! other, so that no picture could be made again. This is the same descent (`McInnes` et al. 2018, section 3.2, with the
//! reference implementation's schedule of samples), one edge after the other, from a seed.

use ndarray::Array2;
use rand_core::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use umap_rs::{GraphParams, ManifoldParams, Umap, UmapConfig};

use crate::neighbours::nearest;
use crate::{Points, ProjectionError, Question, Watch, tsne};

/// Points that an edge pushes away for each it pulls together.
const NEGATIVES: f64 = 5.0;
/// The largest step of one coordinate.
const MOST_STEP: f32 = 4.0;
/// The width of the first layout.
const WIDTH: f32 = 10.0;

/// `[points, dimensions]`.
pub fn project(
    points: &Points,
    question: &Question,
    neighbours: usize,
    minimum_distance: f32,
    watch: &mut dyn Watch,
) -> Result<Vec<f32>, ProjectionError> {
    let n = points.len();
    // The crate counts a point among its own neighbours, as the reference does.
    let k = neighbours.min(n - 1).max(2);
    let all: Vec<u32> = (0..n as u32).collect();
    let found = nearest(points, &all, k - 1, &mut |done| {
        watch.at(0.4 * done, "nearest neighbours")
    })?;
    let index = Array2::from_shape_fn((n, k), |(i, j)| {
        if j == 0 {
            i as u32
        } else {
            found.index[i * (k - 1) + j - 1]
        }
    });
    let distance = Array2::from_shape_fn((n, k), |(i, j)| {
        if j == 0 {
            0.0
        } else {
            found.distance[i * (k - 1) + j - 1]
        }
    });
    watch.at(0.4, "the graph of neighbours")?;
    let config = UmapConfig {
        n_components: question.dimensions,
        manifold: ManifoldParams {
            min_dist: minimum_distance,
            ..ManifoldParams::default()
        },
        graph: GraphParams {
            n_neighbors: k,
            ..GraphParams::default()
        },
        ..UmapConfig::default()
    };
    // Its graph needs only the number of points.
    let shape = Array2::<f32>::zeros((n, 1));
    let manifold = Umap::new(config).learn_manifold(shape.view(), index.view(), distance.view());
    let edges = Edges::of(manifold.graph(), epochs(n));
    let mut at = tsne::start(points, question, watch)?;
    widen(&mut at);
    let layout = Layout {
        curve: manifold.curve_params(),
        dimensions: question.dimensions,
        epochs: epochs(n),
        seed: question.seed,
    };
    layout.run(&mut at, &edges, watch)?;
    Ok(at)
}

/// As the reference: more for few points.
fn epochs(n: usize) -> usize {
    if n <= 10_000 { 500 } else { 200 }
}

/// A random number of 64 bits a call, from a seed.
pub(crate) fn random(seed: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed)
}

/// From 0 to 1.
pub(crate) fn unit(random: &mut Pcg64Mcg) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// To the range that the reference begins with.
fn widen(at: &mut [f32]) {
    let most = at.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    if most > 0.0 {
        for value in at {
            *value *= WIDTH / most;
        }
    }
}

/// Edges, each with how many epochs pass between two pulls.
struct Edges {
    head: Vec<u32>,
    tail: Vec<u32>,
    every: Vec<f64>,
}

impl Edges {
    /// The edges heavy enough to be pulled once in all.
    fn of(graph: &umap_rs::SparseMat, epochs: usize) -> Self {
        let most = graph.data().iter().copied().fold(0.0_f32, f32::max);
        let mut edges = Self {
            head: Vec::new(),
            tail: Vec::new(),
            every: Vec::new(),
        };
        for (row, columns) in graph.outer_iterator().enumerate() {
            for (column, weight) in columns.iter() {
                if *weight >= most / epochs as f32 && *weight > 0.0 {
                    edges.head.push(row as u32);
                    edges.tail.push(column as u32);
                    edges.every.push(f64::from(most) / f64::from(*weight));
                }
            }
        }
        edges
    }
}

struct Layout {
    /// `a` and `b` of `1 / (1 + a d^2b)`.
    curve: (f32, f32),
    dimensions: usize,
    epochs: usize,
    seed: u64,
}

impl Layout {
    fn run(&self, at: &mut [f32], edges: &Edges, watch: &mut dyn Watch) -> Result<(), ProjectionError> {
        let n = at.len() / self.dimensions;
        let mut random = random(self.seed);
        let mut next = edges.every.clone();
        let mut next_negative: Vec<f64> = edges.every.iter().map(|every| every / NEGATIVES).collect();
        for epoch in 0..self.epochs {
            watch.at(0.5 + 0.45 * epoch as f64 / self.epochs as f64, "laying out the graph")?;
            let rate = 1.0 - epoch as f32 / self.epochs as f32;
            let now = epoch as f64;
            for edge in 0..next.len() {
                if next[edge] > now {
                    continue;
                }
                let (head, tail) = (edges.head[edge] as usize, edges.tail[edge] as usize);
                self.pull(at, head, tail, rate);
                next[edge] += edges.every[edge];
                let every = edges.every[edge] / NEGATIVES;
                let due = ((now - next_negative[edge]) / every).max(0.0) as usize;
                for _ in 0..due {
                    // The high half of a product: even enough for so few points.
                    let other = ((u128::from(random.next_u64()) * n as u128) >> 64) as usize;
                    if other != head {
                        self.push(at, head, other, rate);
                    }
                }
                next_negative[edge] += due as f64 * every;
            }
        }
        Ok(())
    }

    fn pull(&self, at: &mut [f32], head: usize, tail: usize, rate: f32) {
        let (a, b) = self.curve;
        let square = self.apart(at, head, tail);
        if square <= 0.0 {
            return;
        }
        let power = square.powf(b);
        let weight = -2.0 * a * b * (power / square) / (a * power + 1.0);
        for axis in 0..self.dimensions {
            let (i, j) = (head * self.dimensions + axis, tail * self.dimensions + axis);
            let step = (weight * (at[i] - at[j])).clamp(-MOST_STEP, MOST_STEP) * rate;
            at[i] += step;
            at[j] -= step;
        }
    }

    fn push(&self, at: &mut [f32], head: usize, other: usize, rate: f32) {
        let (a, b) = self.curve;
        let square = self.apart(at, head, other);
        let weight = if square > 0.0 {
            2.0 * b / ((0.001 + square) * (a * square.powf(b) + 1.0))
        } else {
            0.0
        };
        for axis in 0..self.dimensions {
            let (i, j) = (head * self.dimensions + axis, other * self.dimensions + axis);
            let step = if weight > 0.0 {
                (weight * (at[i] - at[j])).clamp(-MOST_STEP, MOST_STEP)
            } else {
                MOST_STEP
            };
            at[i] += step * rate;
        }
    }

    fn apart(&self, at: &[f32], one: usize, other: usize) -> f32 {
        let d = self.dimensions;
        crate::neighbours::apart(&at[one * d..(one + 1) * d], &at[other * d..(other + 1) * d])
    }
}
