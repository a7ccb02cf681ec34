//! What is known of a stretch of points without reading them.

use crate::Columns;

/// Counts and extremes; NaN and infinities are counted, never mixed into the extremes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Points.
    pub n: u64,
    /// The first point's step.
    pub first_step: i64,
    /// The last point's step.
    pub last_step: i64,
    /// The smallest step.
    pub min_step: i64,
    /// The largest step.
    pub max_step: i64,
    /// No step is smaller than the one before it.
    pub ordered: bool,
    /// The earliest time.
    pub min_wall: f64,
    /// The latest time.
    pub max_wall: f64,
    /// The smallest finite value; infinity where there is none.
    pub min: f64,
    /// The largest finite value; minus infinity where there is none.
    pub max: f64,
    /// The last value.
    pub last: f64,
    /// How many are NaN.
    pub nan: u64,
    /// How many are infinite.
    pub infinite: u64,
}

impl Summary {
    /// Of at least one point; `None` of no points.
    pub fn of(columns: &Columns) -> Option<Self> {
        let (&first_step, &last_step) = (columns.steps.first()?, columns.steps.last()?);
        let mut summary = Self {
            n: columns.len() as u64,
            first_step,
            last_step,
            min_step: columns.steps.iter().copied().min()?,
            max_step: columns.steps.iter().copied().max()?,
            ordered: columns.steps.is_sorted(),
            min_wall: columns.walls.iter().copied().fold(f64::INFINITY, f64::min),
            max_wall: columns.walls.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            last: *columns.values.last()?,
            nan: 0,
            infinite: 0,
        };
        for &value in &columns.values {
            if value.is_finite() {
                summary.min = summary.min.min(value);
                summary.max = summary.max.max(value);
            } else if value.is_nan() {
                summary.nan += 1;
            } else {
                summary.infinite += 1;
            }
        }
        Some(summary)
    }

    /// Of these points followed by those of `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self {
            n: self.n + next.n,
            first_step: self.first_step,
            last_step: next.last_step,
            min_step: self.min_step.min(next.min_step),
            max_step: self.max_step.max(next.max_step),
            ordered: self.ordered && next.ordered && self.last_step <= next.first_step,
            min_wall: self.min_wall.min(next.min_wall),
            max_wall: self.max_wall.max(next.max_wall),
            min: self.min.min(next.min),
            max: self.max.max(next.max),
            last: next.last,
            nan: self.nan + next.nan,
            infinite: self.infinite + next.infinite,
        }
    }
}
