//! A rule on trial: rows are drawn that meet it, and it is counted how often the answer stays the same.

use ndarray::{ArrayView1, ArrayView2};

use super::condition::{Ask, Condition};
use crate::random::Counter;
use crate::verdict::Verdict;
use crate::{AskRows, ExplainError, Runner};

const STREAM: u64 = 73;
const FRESH: u64 = 74;

/// A rule and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Arm {
    /// Numbers of its conditions, sorted.
    pub rule: Vec<usize>,
    /// Values that each constrained column may take.
    pools: Vec<(usize, Vec<f64>)>,
    /// Seed of its draws, from what the rule says.
    key: u64,
    /// Share of the background that meets it.
    pub coverage: f64,
    pub draws: u64,
    pub hits: u64,
}

impl Arm {
    pub fn share(&self) -> f64 {
        if self.draws == 0 {
            0.0
        } else {
            self.hits as f64 / self.draws as f64
        }
    }

    pub fn new(rule: Vec<usize>, all: &[Condition], row: ArrayView1<'_, f64>, background: ArrayView2<'_, f64>) -> Self {
        let mut key = 0xcbf2_9ce4_8422_2325u64;
        let mut columns: Vec<usize> = Vec::new();
        for condition in rule.iter().map(|i| &all[*i]) {
            let (kind, bits) = match condition.ask {
                Ask::Label(v) => (0, v.to_bits()),
                Ask::Missing => (1, 0),
                Ask::Above(v) => (2, v.to_bits()),
                Ask::AtMost(v) => (3, v.to_bits()),
            };
            for part in [condition.column as u64, kind, bits] {
                key = (key ^ part).wrapping_mul(0x0100_0000_01b3);
            }
            if !columns.contains(&condition.column) {
                columns.push(condition.column);
            }
        }
        let fits = |column: usize, value: f64| {
            rule.iter()
                .map(|i| &all[*i])
                .filter(|c| c.column == column)
                .all(|c| c.holds(value))
        };
        let covered = background
            .rows()
            .into_iter()
            .filter(|r| columns.iter().all(|&c| fits(c, r[c])))
            .count();
        let pools = columns
            .iter()
            .map(|&column| {
                let mut pool: Vec<f64> = background
                    .column(column)
                    .iter()
                    .copied()
                    .filter(|v| fits(column, *v))
                    .collect();
                if pool.is_empty() {
                    pool.push(row[column]);
                }
                (column, pool)
            })
            .collect();
        let coverage = covered as f64 / background.nrows() as f64;
        Self {
            rule,
            pools,
            key,
            coverage,
            draws: 0,
            hits: 0,
        }
    }

    /// Writes draw `number`: a row of the background, with values that meet the rule in the columns it is about.
    fn fill(&self, background: ArrayView2<'_, f64>, seed: u64, stream: u64, number: u64, row: &mut [f64]) {
        let mut random = Counter::new(seed ^ self.key, stream, number);
        let from = background.row(random.below(background.nrows()));
        row.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        for (column, pool) in &self.pools {
            row[*column] = pool[random.below(pool.len())];
        }
    }
}

/// When two answers are the same.
#[derive(Debug, Clone, Copy)]
pub(super) enum Same {
    Class(Verdict, usize),
    Near { value: f64, within: f64 },
}

impl Same {
    fn holds(self, outputs: ArrayView1<'_, f64>) -> bool {
        match self {
            Self::Class(answers, class) => answers.class(outputs) == class,
            Self::Near { value, within } => (outputs[0] - value).abs() <= within,
        }
    }
}

/// Where draws come from.
pub(super) struct Trial<'a, 'b> {
    pub ask: &'a AskRows<'b>,
    pub background: ArrayView2<'a, f64>,
    pub same: Same,
    pub seed: u64,
}

impl Trial<'_, '_> {
    /// `count` more draws for each of `which`.
    pub fn draw(
        &self,
        run: &mut Runner<'_>,
        arms: &mut [Arm],
        which: &[usize],
        count: usize,
    ) -> Result<(), ExplainError> {
        let total = which.len() * count;
        let outputs = run.rows(self.ask.columns.len(), total, &self.ask.readout, |i, row| {
            let arm = &arms[which[i / count]];
            arm.fill(self.background, self.seed, STREAM, arm.draws + (i % count) as u64, row);
        })?;
        for (k, &arm) in which.iter().enumerate() {
            let hits = (0..count)
                .filter(|i| self.same.holds(outputs.row(k * count + i)))
                .count();
            arms[arm].hits += hits as u64;
            arms[arm].draws += count as u64;
        }
        Ok(())
    }

    /// Share of `count` draws, none of which was used to choose the rule, that keep the answer.
    pub fn afresh(&self, run: &mut Runner<'_>, arm: &Arm, count: usize) -> Result<(u64, u64), ExplainError> {
        let outputs = run.rows(self.ask.columns.len(), count, &self.ask.readout, |i, row| {
            arm.fill(self.background, self.seed, FRESH, i as u64, row);
        })?;
        let hits = outputs.rows().into_iter().filter(|r| self.same.holds(*r)).count();
        Ok((hits as u64, count as u64))
    }
}
