//! How mixed the answers of a node are.

/// What a tree predicts.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// One of `count` classes, by index, a row.
    Classes {
        /// The class of each row.
        of: &'a [usize],
        /// How many classes there are.
        count: usize,
    },
    /// A number a row.
    Numbers(&'a [f64]),
}

impl Goal<'_> {
    /// Numbers that a node's value has.
    pub fn width(&self) -> usize {
        match self {
            Self::Classes { count, .. } => *count,
            Self::Numbers(_) => 1,
        }
    }
}

/// What a split makes smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Chance that two rows of a node differ in class (Breiman et al. 1984); for numbers the variance.
    Gini,
    /// Bits needed to tell a row's class; for numbers the variance.
    Entropy,
}

/// Sums over some rows, from which their impurity follows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tally {
    /// Rows.
    pub rows: f64,
    /// Rows of each class; for numbers their sum and the sum of their squares.
    pub sums: Vec<f64>,
}

impl Tally {
    pub fn new(goal: &Goal<'_>) -> Self {
        let size = match goal {
            Goal::Classes { count, .. } => *count,
            Goal::Numbers(_) => 2,
        };
        Self {
            rows: 0.0,
            sums: vec![0.0; size],
        }
    }

    /// Adds (`sign` 1) or takes away (-1) a row.
    pub fn add(&mut self, goal: &Goal<'_>, row: usize, sign: f64) {
        self.rows += sign;
        match goal {
            Goal::Classes { of, .. } => self.sums[of[row]] += sign,
            Goal::Numbers(values) => {
                self.sums[0] += sign * values[row];
                self.sums[1] += sign * values[row] * values[row];
            }
        }
    }

    /// This without `other`.
    pub fn minus(&self, other: &Self) -> Self {
        Self {
            rows: self.rows - other.rows,
            sums: self.sums.iter().zip(&other.sums).map(|(a, b)| a - b).collect(),
        }
    }

    /// This and `other`.
    pub fn plus(&mut self, other: &Self) {
        self.rows += other.rows;
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
    }

    /// Zero where all rows agree.
    pub fn impurity(&self, goal: &Goal<'_>, criterion: Criterion) -> f64 {
        if self.rows <= 0.0 {
            return 0.0;
        }
        match (goal, criterion) {
            (Goal::Numbers(_), _) => (self.sums[1] / self.rows - (self.sums[0] / self.rows).powi(2)).max(0.0),
            (Goal::Classes { .. }, Criterion::Gini) => {
                1.0 - self.sums.iter().map(|n| n * n).sum::<f64>() / (self.rows * self.rows)
            }
            (Goal::Classes { .. }, Criterion::Entropy) => {
                let shares = self.sums.iter().filter(|n| **n > 0.0).map(|n| n / self.rows);
                -shares.map(|p| p * p.log2()).sum::<f64>()
            }
        }
    }

    /// The value of a leaf: shares of the classes, or the mean.
    pub fn value(&self, goal: &Goal<'_>) -> Vec<f64> {
        match goal {
            Goal::Classes { .. } => self.sums.iter().map(|n| n / self.rows).collect(),
            Goal::Numbers(_) => vec![self.sums[0] / self.rows],
        }
    }
}
