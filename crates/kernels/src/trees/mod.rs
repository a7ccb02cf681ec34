//! Ensembles of decision trees.
//!
//! [`Forest::new`] lays trees out as one array of small nodes. [`Forest::predict`] walks every tree
//! with several rows side by side: each step of one row depends on its last, those of different rows
//! do not, and a walk has no branch to mispredict.

mod layout;

use crate::parallel::{self, Body};

/// A number that rows and thresholds are made of: `f32` or `f64`.
pub trait Number: Copy + PartialOrd + Default + Send + Sync + std::fmt::Debug {
    /// Whether it is no number.
    fn missing(self) -> bool;
    /// The largest number below, if there is one.
    fn below(self) -> Option<Self>;
}

impl Number for f32 {
    #[inline(always)]
    fn missing(self) -> bool {
        self.is_nan()
    }

    fn below(self) -> Option<Self> {
        (self > Self::NEG_INFINITY).then(|| self.next_down())
    }
}

impl Number for f64 {
    #[inline(always)]
    fn missing(self) -> bool {
        self.is_nan()
    }

    fn below(self) -> Option<Self> {
        (self > Self::NEG_INFINITY).then(|| self.next_down())
    }
}

/// The question of a branch. A NaN answers no to all of them but [`Test::NotEqual`], unless the branch
/// says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Test<T> {
    /// `x <= threshold`.
    LessOrEqual(T),
    /// `x < threshold`.
    Less(T),
    /// `x >= threshold`.
    GreaterOrEqual(T),
    /// `x > threshold`.
    Greater(T),
    /// `x == threshold`.
    Equal(T),
    /// `x != threshold`.
    NotEqual(T),
    /// `x` is one of these.
    Member(Vec<T>),
}

/// A node as a model file describes it; children are indices into the slice of nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<T> {
    /// Goes on to one of two nodes.
    Branch {
        /// Column of the row.
        feature: usize,
        /// The question.
        test: Test<T>,
        /// Whether a NaN goes where `yes` goes. (Where the test is not equal it does anyway.)
        missing_yes: bool,
        /// The child for yes.
        yes: usize,
        /// The child for no.
        no: usize,
    },
    /// Ends the walk: weights by target.
    Leaf(Vec<(usize, f64)>),
}

/// How the trees' weights become one number a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// Their sum, divided by the number of trees.
    Average,
    /// The smallest; zero where no leaf names the target.
    Min,
    /// The largest; zero where no leaf names the target.
    Max,
}

/// Why nodes do not make a forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForestError {
    /// A child or a root that is not there.
    #[error("a tree names node {0}, which does not exist")]
    NoSuchNode(usize),
    /// A node below itself.
    #[error("a walk through the trees comes back to node {0}")]
    Cycle(usize),
    /// A target that is not there.
    #[error("a leaf names target {0}, which does not exist")]
    NoSuchTarget(usize),
    /// A column that no row could have.
    #[error("a tree reads feature {0}, which is out of range")]
    Feature(usize),
    /// More nodes than indices.
    #[error("the trees have more nodes than can be indexed")]
    TooLarge,
}

/// `x <= threshold` goes left, everything else right; a leaf's children are itself.
#[derive(Debug, Clone, Copy)]
struct Step<T> {
    threshold: T,
    feature: u32,
    /// Right and left: an index instead of a branch, which the data would mislead half of the time.
    children: [u32; 2],
}

/// Trees ready to be walked.
#[derive(Debug, Clone)]
pub struct Forest<T> {
    steps: Vec<Step<T>>,
    /// Per step, where a NaN goes; empty where it always goes right.
    missing: Vec<u32>,
    /// Root and depth of every tree.
    roots: Vec<(u32, u32)>,
    /// Per step, where its weights begin and end; the same at a branch.
    leaves: Vec<(u32, u32)>,
    weights: Vec<(u32, f64)>,
    features: usize,
    targets: usize,
}

impl<T: Number> Forest<T> {
    /// Lays out the trees that begin at `roots`. Nodes may be shared; those no root reaches are left out.
    ///
    /// # Errors
    /// [`ForestError`] where an index is out of range or a walk would not end.
    pub fn new(nodes: &[Node<T>], roots: &[usize], targets: usize) -> Result<Self, ForestError> {
        layout::lay_out(nodes, roots, targets)
    }

    /// Columns that a row must have at least.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Number of trees.
    pub fn trees(&self) -> usize {
        self.roots.len()
    }

    /// The trees' answer for every row of `x` `[rows, columns]`, as `[rows, targets]`. Weights are added in
    /// the order of the trees, in `f64`.
    ///
    /// # Panics
    /// Where `x` is not whole rows or `columns` is less than [`Forest::features`].
    pub fn predict(&self, x: &[T], columns: usize, aggregate: Aggregate) -> Vec<f64> {
        assert!(columns > 0 && columns >= self.features && x.len().is_multiple_of(columns));
        let rows = x.len() / columns;
        let body = Predict {
            forest: self,
            x,
            columns,
            aggregate,
        };
        parallel::collect(rows * self.targets, GROUP * self.targets, &body)
    }
}

/// Rows that go through one tree before the next: they and the tree stay in the first-level cache.
const GROUP: usize = 128;

/// Rows side by side.
const LANES: usize = 16;

struct Predict<'a, T> {
    forest: &'a Forest<T>,
    x: &'a [T],
    columns: usize,
    aggregate: Aggregate,
}

impl<T: Number> Body<f64> for Predict<'_, T> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f64]) {
        let Self { forest, columns, .. } = *self;
        let targets = forest.targets;
        let first = start / targets;
        let x = &self.x[first * columns..(first + y.len() / targets) * columns];
        y.fill(match self.aggregate {
            Aggregate::Sum | Aggregate::Average => 0.0,
            Aggregate::Min => f64::INFINITY,
            Aggregate::Max => f64::NEG_INFINITY,
        });
        for &(root, depth) in &forest.roots {
            for (x, y) in x.chunks(LANES * columns).zip(y.chunks_mut(LANES * targets)) {
                let lanes = x.len() / columns;
                let mut at = [root; LANES];
                if lanes < LANES {
                    for (at, x) in at.iter_mut().zip(x.chunks_exact(columns)) {
                        *at = forest.walk::<1, true>([*at], depth, x, columns)[0];
                    }
                } else if forest.missing.is_empty() {
                    at = forest.walk::<LANES, false>(at, depth, x, columns);
                } else {
                    at = forest.walk::<LANES, true>(at, depth, x, columns);
                }
                for (y, at) in y.chunks_exact_mut(targets).zip(at) {
                    let (from, to) = forest.leaves[at as usize];
                    for &(target, weight) in &forest.weights[from as usize..to as usize] {
                        let y = &mut y[target as usize];
                        match self.aggregate {
                            Aggregate::Sum | Aggregate::Average => *y += weight,
                            Aggregate::Min => *y = y.min(weight),
                            Aggregate::Max => *y = y.max(weight),
                        }
                    }
                }
            }
        }
        let trees = forest.roots.len() as f64;
        for y in y {
            match self.aggregate {
                Aggregate::Sum => {}
                Aggregate::Average => *y /= trees,
                Aggregate::Min | Aggregate::Max => *y = if y.is_infinite() { 0.0 } else { *y },
            }
        }
    }
}

impl<T: Number> Forest<T> {
    /// The leaves in which `N` rows of `x` end that begin at `at`. `MISSING` says whether there may be steps
    /// from which a NaN goes elsewhere than right.
    #[inline(always)]
    fn walk<const N: usize, const MISSING: bool>(
        &self,
        mut at: [u32; N],
        depth: u32,
        x: &[T],
        columns: usize,
    ) -> [u32; N] {
        let mut left = depth;
        while left > 0 {
            let few = left.min(8);
            for _ in 1..few {
                at = self.step::<N, MISSING>(at, x, columns);
            }
            let next = self.step::<N, MISSING>(at, x, columns);
            if next == at {
                break;
            }
            at = next;
            left -= few;
        }
        at
    }

    #[inline(always)]
    fn step<const N: usize, const MISSING: bool>(&self, at: [u32; N], x: &[T], columns: usize) -> [u32; N] {
        let mut next = at;
        for (lane, at) in next.iter_mut().enumerate() {
            let step = &self.steps[*at as usize];
            let v = x[lane * columns + step.feature as usize];
            let to = step.children[usize::from(v <= step.threshold)];
            *at = match self.missing.get(*at as usize) {
                Some(&missing) if MISSING && v.missing() => missing,
                _ => to,
            };
        }
        next
    }
}
