//! One row's search: what all kinds share, and the ways to search.

use ndarray::{Array2, ArrayView2};

use super::limits::{Limits, differs};
use super::wish::Wish;
use super::{Kind, Options};
use crate::random::Counter;
use crate::verdict::Verdict;
use crate::{Columns, ExplainError, Readout, Runner};

const GENETIC: u64 = 75;
const RANDOM: u64 = 76;
/// Rows that the genetic search keeps, for each one asked for.
const KEPT: usize = 12;
/// Rounds without gain after which it ends.
const PATIENCE: usize = 8;

/// A row that may be an answer.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub row: Vec<f64>,
    pub miss: f64,
    pub met: bool,
    pub loss: f64,
}

/// A search for one row.
pub(super) struct Hunt<'a> {
    pub from: Vec<f64>,
    pub columns: &'a Columns,
    pub readout: &'a Readout,
    pub background: ArrayView2<'a, f64>,
    /// The model's outputs for the background.
    pub said: &'a Array2<f64>,
    pub limits: &'a Limits,
    pub answers: Verdict,
    pub wish: Wish,
    pub options: &'a Options,
    pub seed: u64,
}

impl Hunt<'_> {
    /// Rows that give what is wanted, the best first; more than asked for, so that different ones can be chosen.
    pub fn search(&self, run: &mut Runner<'_>) -> Result<Vec<Candidate>, ExplainError> {
        let mut found = match self.options.kind {
            Kind::Genetic => self.genetic(run)?,
            Kind::Random => self.random(run)?,
            Kind::Wachter => self.wachter(run)?,
            Kind::Nearest => self.weigh(run, self.neighbours(self.background.nrows()))?,
        };
        found.retain(|c| c.met);
        found.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        found.dedup_by(|a, b| !a.row.iter().zip(&b.row).any(|(x, y)| differs(*x, *y)));
        Ok(found)
    }

    /// Asks the model about `rows` and weighs them.
    pub fn weigh(&self, run: &mut Runner<'_>, rows: Vec<Vec<f64>>) -> Result<Vec<Candidate>, ExplainError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let outputs = run.rows(self.columns.len(), rows.len(), self.readout, |i, row| {
            row.copy_from_slice(&rows[i]);
        })?;
        let weighed = rows.into_iter().zip(outputs.rows()).map(|(row, out)| {
            let miss = self.wish.miss(self.answers, out);
            let met = self.wish.met(self.answers, out);
            let changed = row.iter().zip(&self.from).filter(|(a, b)| differs(**a, **b)).count();
            let near = self.options.proximity * self.limits.distance(&row, &self.from)
                + self.options.sparsity * changed as f64 / row.len() as f64;
            let loss = near + if met { 0.0 } else { 100.0 + 100.0 * miss.clamp(0.0, 1e6) };
            Candidate { row, miss, met, loss }
        });
        Ok(weighed.collect())
    }

    /// `row` as it may be: every column within its limits.
    fn allowed(&self, row: impl IntoIterator<Item = f64>) -> Vec<f64> {
        row.into_iter()
            .zip(&self.from)
            .enumerate()
            .map(|(j, (to, from))| self.limits.settle(j, *from, to))
            .collect()
    }

    /// Rows of the background that already give what is wanted, made to keep the limits, the nearest first.
    fn neighbours(&self, most: usize) -> Vec<Vec<f64>> {
        let rows = self.background.rows().into_iter().zip(self.said.rows());
        let mut near: Vec<(f64, Vec<f64>)> = rows
            .filter(|(_, out)| self.wish.met(self.answers, *out))
            .map(|(row, _)| self.allowed(row.iter().copied()))
            .map(|row| (self.limits.distance(&row, &self.from), row))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.into_iter().take(most).map(|(_, row)| row).collect()
    }

    /// Another value for column `j`: one of the background, or a step away.
    fn mutate(&self, random: &mut Counter, j: usize, now: f64) -> f64 {
        let limit = &self.limits.of[j];
        let value = match &limit.labels {
            Some(labels) if labels.is_empty() => now,
            Some(labels) => labels[random.below(labels.len())],
            None if limit.seen.is_empty() || (now.is_finite() && random.uniform() < 0.5) => {
                now + limit.scale * random.normal()
            }
            None => limit.seen[random.below(limit.seen.len())],
        };
        self.limits.settle(j, self.from[j], value)
    }

    /// Random values in one column, then two, then more (the random sampling of Mothilal et al. 2020).
    fn random(&self, run: &mut Runner<'_>) -> Result<Vec<Candidate>, ExplainError> {
        let free = self.limits.free();
        let share = (self.options.tries / free.len().max(1)).max(1);
        let mut found = Vec::new();
        for size in 1..=free.len() {
            let rows = (0..share).map(|k| {
                let mut random = Counter::new(self.seed, RANDOM, (size * share + k) as u64);
                let mut row = self.from.clone();
                for at in random.permutation(free.len()).into_iter().take(size) {
                    row[free[at]] = self.mutate(&mut random, free[at], f64::NAN);
                }
                row
            });
            let weighed = self.weigh(run, rows.collect())?;
            found.extend(weighed.into_iter().filter(|c| c.met));
            if found.len() >= KEPT * self.options.total {
                break;
            }
        }
        Ok(found)
    }

    /// Crossing and changing rows, keeping the better half (Schleich et al. 2021).
    fn genetic(&self, run: &mut Runner<'_>) -> Result<Vec<Candidate>, ExplainError> {
        let free = self.limits.free();
        if free.is_empty() {
            return Ok(Vec::new());
        }
        let size = (KEPT * self.options.total).max(40);
        let mut rows = self.neighbours(size / 2);
        for k in rows.len()..size {
            let mut random = Counter::new(self.seed, GENETIC, k as u64);
            let mut row = self.from.clone();
            let changes = 1 + random.below(free.len());
            for at in random.permutation(free.len()).into_iter().take(changes) {
                row[free[at]] = self.mutate(&mut random, free[at], row[free[at]]);
            }
            rows.push(row);
        }
        let mut alive = self.weigh(run, rows)?;
        let mut spent = size;
        let (mut best, mut idle, mut generation) = (f64::INFINITY, 0, 1u64);
        while spent < self.options.tries && idle < PATIENCE {
            let children: Vec<Vec<f64>> = (0..size)
                .map(|k| {
                    let mut random = Counter::new(self.seed, GENETIC, generation * size as u64 + k as u64);
                    let half = (alive.len() / 2).max(1);
                    let (one, two) = (&alive[random.below(half)].row, &alive[random.below(half)].row);
                    let mut child = self.from.clone();
                    for &j in &free {
                        // Mostly a parent's value; now and then the row's own, or another.
                        child[j] = match random.uniform() {
                            u if u < 0.4 => one[j],
                            u if u < 0.75 => two[j],
                            u if u < 0.9 => self.from[j],
                            _ => self.mutate(&mut random, j, one[j]),
                        };
                    }
                    child
                })
                .collect();
            spent += size;
            generation += 1;
            alive.extend(self.weigh(run, children)?);
            alive.sort_by(|a, b| a.loss.total_cmp(&b.loss));
            alive.dedup_by(|a, b| !a.row.iter().zip(&b.row).any(|(x, y)| differs(*x, *y)));
            alive.truncate(size);
            let now: f64 = alive.iter().take(self.options.total).map(|c| c.loss).sum();
            idle = if now < best - 1e-3 * best.abs().min(1.0) {
                0
            } else {
                idle + 1
            };
            best = best.min(now);
        }
        Ok(alive)
    }

    /// The nearest row whose miss is gone, a weight on the miss growing until it is (Wachter et al. 2017); from the row
    /// itself and from its nearest neighbours with the wanted answer. Steps are tried column by column, so that the
    /// model needs no gradient.
    fn wachter(&self, run: &mut Runner<'_>) -> Result<Vec<Candidate>, ExplainError> {
        let mut starts = vec![self.from.clone()];
        starts.extend(self.neighbours(2 * self.options.total));
        let each = self.options.tries / starts.len().max(1);
        let mut found = Vec::new();
        for start in starts {
            let before = run.passes().forward;
            let mut at = self.weigh(run, vec![start])?.remove(0);
            let mut weight = 1.0;
            while run.passes().forward - before < each as u64 {
                let price = |c: &Candidate| {
                    weight * c.miss.max(if c.met { 0.0 } else { 1e-6 }).powi(2)
                        + self.limits.distance(&c.row, &self.from)
                };
                let steps = self.weigh(run, self.steps(&at.row))?;
                let best = steps
                    .into_iter()
                    .reduce(|a, b| if price(&b) < price(&a) { b } else { a });
                match best {
                    Some(best) if price(&best) < price(&at) - 1e-12 => at = best,
                    _ if at.met || weight > 1e12 => break,
                    _ => weight *= 4.0,
                }
            }
            found.push(at);
        }
        Ok(found)
    }

    /// Every single-column step from `row`: numbers by several widths both ways and back, labels to each other one.
    fn steps(&self, row: &[f64]) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        for j in self.limits.free() {
            let limit = &self.limits.of[j];
            let mut targets = vec![self.from[j]];
            match &limit.labels {
                Some(labels) => targets.extend(labels),
                None if row[j].is_finite() => {
                    for width in [4.0, 1.0, 0.25, 0.0625] {
                        targets.extend([row[j] - width * limit.scale, row[j] + width * limit.scale]);
                    }
                }
                None => targets.extend(limit.seen.get(limit.seen.len() / 2)),
            }
            for target in targets {
                let value = self.limits.settle(j, self.from[j], target);
                if differs(value, row[j]) {
                    let mut next = row.to_vec();
                    next[j] = value;
                    all.push(next);
                }
            }
        }
        all
    }
}
