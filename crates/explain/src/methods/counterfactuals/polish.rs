//! Afterwards: fewer and smaller changes, and answers that differ from each other.

use super::hunt::{Candidate, Hunt};
use super::limits::differs;
use crate::{ExplainError, Runner};

/// Parts into which a change is divided to find a smaller one.
const PARTS: usize = 16;

impl Hunt<'_> {
    /// `found` with every change taken back that is not needed, the smallest first, and those of numbers made as small as
    /// they can be.
    pub fn sparser(&self, run: &mut Runner<'_>, found: Candidate) -> Result<Candidate, ExplainError> {
        let mut best = found;
        let mut changed: Vec<usize> = (0..self.from.len())
            .filter(|j| differs(best.row[*j], self.from[*j]))
            .collect();
        let size = |row: &[f64], j: usize| {
            let mut one = self.from.clone();
            one[j] = row[j];
            self.limits.distance(&one, &self.from)
        };
        changed.sort_by(|a, b| size(&best.row, *a).total_cmp(&size(&best.row, *b)));
        for j in changed {
            let mut row = best.row.clone();
            row[j] = self.from[j];
            let tried = self.weigh(run, vec![row])?.remove(0);
            if tried.met {
                best = tried;
            }
        }
        for j in 0..self.from.len() {
            if !differs(best.row[j], self.from[j]) || self.limits.of[j].labels.is_some() || !self.from[j].is_finite() {
                continue;
            }
            let rows = (1..PARTS).map(|k| {
                let mut row = best.row.clone();
                let part = self.from[j] + (best.row[j] - self.from[j]) * k as f64 / PARTS as f64;
                row[j] = self.limits.settle(j, self.from[j], part);
                row
            });
            let tried = self.weigh(run, rows.collect())?;
            if let Some(smaller) = tried
                .into_iter()
                .find(|c| c.met && differs(c.row[j], self.from[j]) && c.loss <= best.loss)
            {
                best = smaller;
            }
        }
        Ok(best)
    }

    /// Up to `total` of `found`: the best first, then those that are near and yet unlike the ones chosen.
    pub fn diverse(&self, mut found: Vec<Candidate>, total: usize) -> Vec<Candidate> {
        let mut chosen: Vec<Candidate> = Vec::new();
        while chosen.len() < total && !found.is_empty() {
            let price = |c: &Candidate| {
                let apart = chosen
                    .iter()
                    .map(|o| apart(&c.row, &o.row))
                    .fold(f64::INFINITY, f64::min);
                c.loss
                    - if chosen.is_empty() {
                        0.0
                    } else {
                        self.options.diversity * apart
                    }
            };
            let mut at = 0;
            for i in 1..found.len() {
                if price(&found[i]) < price(&found[at]) {
                    at = i;
                }
            }
            let next = found.swap_remove(at);
            if chosen
                .iter()
                .all(|o| o.row.iter().zip(&next.row).any(|(a, b)| differs(*a, *b)))
            {
                chosen.push(next);
            }
        }
        chosen.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        chosen
    }
}

/// Share of the columns in which two rows differ; bounded, so that no far row wins by being far.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).filter(|(a, b)| differs(**a, **b)).count() as f64 / a.len().max(1) as f64
}
