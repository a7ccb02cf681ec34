//! How much is spent on the evidence of one row.

use super::baselines::RowBaseline;
use crate::ExplainError;
use crate::evidence::comprehensiveness::{BINS, counts};

/// Above so many columns the measurements that need a pass a column are left out.
const MOST_COLUMNS: usize = 256;

/// Numbers of everything that is drawn or stepped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowPlan {
    /// Steps of a curve from nothing to everything.
    pub steps: usize,
    /// Shuffled attributions beside each curve and score.
    pub shuffled: usize,
    /// Random choices of features that the top ones are compared with.
    pub choices: usize,
    /// Random sets of features for infidelity and for faithfulness correlation, each.
    pub sets: usize,
    /// Shuffled attributions whose monotonicity is measured.
    pub monotone: usize,
    /// Background rows of the baseline that is a mean over several.
    pub sample: usize,
    /// Moved rows for max-sensitivity; each costs the method once.
    pub tries: usize,
    /// How far they move, as a share of each column's spread.
    pub radius: f64,
}

impl RowPlan {
    /// By name: `none`, `cheap` or `all`.
    pub fn parse(name: &str) -> Result<Option<Self>, ExplainError> {
        match name {
            "none" => Ok(None),
            "cheap" => Ok(Some(Self {
                steps: 10,
                shuffled: 20,
                choices: 200,
                sets: 50,
                monotone: 0,
                sample: 5,
                tries: 0,
                radius: 0.02,
            })),
            "all" => Ok(Some(Self {
                steps: 20,
                shuffled: 100,
                choices: 200,
                sets: 200,
                monotone: 20,
                sample: 20,
                tries: 10,
                radius: 0.02,
            })),
            _ => Err(ExplainError::parameters(format!(
                "evidence must be none, cheap or all, not `{name}`"
            ))),
        }
    }

    /// How many parts have been changed at each point of a curve over `columns`: the steps, and ERASER's bins.
    pub fn counts(&self, columns: usize) -> Vec<usize> {
        let steps = self.steps.min(columns).max(1);
        let mut all: Vec<usize> = (0..=steps).map(|s| (s * columns + steps / 2) / steps).collect();
        all.extend(counts(&BINS, columns));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// How many top features are taken away at once: three, or half of fewer.
    pub fn top(columns: usize) -> usize {
        (columns / 2).clamp(1, 3)
    }

    /// Whether every column is also looked at alone.
    pub fn looks_at_each(columns: usize) -> bool {
        columns <= MOST_COLUMNS
    }

    /// Most forward passes that [`super::weigh_rows`] takes; a set of features that comes up twice is run once, so
    /// it may take fewer. Max-sensitivity comes on top, at [`Self::tries`] times the method.
    pub fn most_passes(&self, columns: usize, baselines: &[RowBaseline]) -> u64 {
        let inner = self.counts(columns).len().saturating_sub(2);
        let curves = 2 * inner * (2 + self.shuffled);
        let each = if Self::looks_at_each(columns) {
            columns + (columns - 1) * (2 + self.monotone)
        } else {
            0
        };
        // The row itself once, the baseline's end, the top features and the last ones.
        let sets = 3 + curves + self.choices + 2 * self.sets + each;
        baselines.iter().map(|b| 1 + (sets * b.rows.nrows()) as u64).sum()
    }
}
