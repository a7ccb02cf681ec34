//! The best question to ask of the rows of a node.

use ndarray::ArrayView2;

use glassboard_model::trees::{Missing, Rule};

use super::impurity::{Criterion, Goal, Tally};
use crate::{Column, Columns};

/// Values nearer than this are one value, as in scikit-learn.
const SAME: f32 = 1e-7;

/// A question, and what it gains.
#[derive(Debug, Clone)]
pub(super) struct Split {
    pub feature: usize,
    pub rule: Rule,
    pub missing: Missing,
    /// Fall of impurity, weighted by the share of all rows that are in the node.
    pub gain: f64,
}

/// What a node's rows are asked with.
pub(super) struct Asked<'a> {
    pub x: ArrayView2<'a, f64>,
    pub columns: &'a Columns,
    pub goal: Goal<'a>,
    pub criterion: Criterion,
    /// Rows that each side must keep.
    pub least: usize,
}

impl Asked<'_> {
    /// The question that lowers the impurity of `rows` most; the first column of equals. None where no question
    /// parts them.
    pub fn best(&self, rows: &[u32], tally: &Tally) -> Option<Split> {
        let mut best: Option<Split> = None;
        let mut buffer = Vec::with_capacity(rows.len());
        for feature in 0..self.columns.len() {
            let found = match &self.columns.kinds[feature] {
                Column::Category(_) => self.labels(feature, rows, tally),
                Column::Number | Column::Integer => self.threshold(feature, rows, tally, &mut buffer),
            };
            if let Some(found) = found
                && best.as_ref().is_none_or(|b| found.gain > b.gain)
            {
                best = Some(found);
            }
        }
        let total = self.x.nrows() as f64;
        best.map(|mut split| {
            split.gain *= tally.rows / total;
            split
        })
    }

    /// Fall of impurity when `left` parts from `tally`.
    fn gain(&self, tally: &Tally, left: &Tally) -> Option<f64> {
        let right = tally.minus(left);
        if left.rows < self.least as f64 || right.rows < self.least as f64 {
            return None;
        }
        let of = |t: &Tally| t.impurity(&self.goal, self.criterion) * t.rows / tally.rows;
        Some(tally.impurity(&self.goal, self.criterion) - of(left) - of(&right))
    }

    fn threshold(&self, feature: usize, rows: &[u32], tally: &Tally, buffer: &mut Vec<(f32, u32)>) -> Option<Split> {
        let mut absent = Tally::new(&self.goal);
        buffer.clear();
        for &row in rows {
            let value = self.x[[row as usize, feature]] as f32;
            if value.is_nan() {
                absent.add(&self.goal, row as usize, 1.0);
            } else {
                buffer.push((value, row));
            }
        }
        buffer.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut best: Option<(f64, usize, bool)> = None;
        let sides: &[bool] = if absent.rows > 0.0 { &[false, true] } else { &[false] };
        for &absent_left in sides {
            let mut left = if absent_left {
                absent.clone()
            } else {
                Tally::new(&self.goal)
            };
            for at in 0..buffer.len().saturating_sub(1) {
                left.add(&self.goal, buffer[at].1 as usize, 1.0);
                if buffer[at + 1].0 <= buffer[at].0 + SAME {
                    continue;
                }
                if let Some(gain) = self.gain(tally, &left)
                    && best.is_none_or(|b| gain > b.0)
                {
                    best = Some((gain, at, absent_left));
                }
            }
        }
        // Those that have a value against those that have none.
        if absent.rows > 0.0
            && let Some(gain) = self.gain(tally, &tally.minus(&absent))
            && best.is_none_or(|b| gain > b.0)
        {
            return Some(Split {
                feature,
                rule: Rule::AtMost(f64::INFINITY),
                missing: Missing::Right,
                gain,
            });
        }
        let (gain, at, absent_left) = best?;
        let (below, above) = (f64::from(buffer[at].0), f64::from(buffer[at + 1].0));
        let middle = below / 2.0 + above / 2.0;
        let edge = if middle >= above || !middle.is_finite() {
            below
        } else {
            middle
        };
        // A value that was never missing here goes where most rows go.
        let to_left = if absent.rows > 0.0 {
            absent_left
        } else {
            2 * (at + 1) > buffer.len()
        };
        Some(Split {
            feature,
            rule: Rule::AtMost(edge),
            missing: if to_left { Missing::Left } else { Missing::Right },
            gain,
        })
    }

    /// Labels in the order of their mean answer, cut in two: for two classes and for numbers no other set is better
    /// (Breiman et al. 1984, theorem 4.5).
    fn labels(&self, feature: usize, rows: &[u32], tally: &Tally) -> Option<Split> {
        let mut of: Vec<(u32, Tally)> = Vec::new();
        let mut absent = Tally::new(&self.goal);
        for &row in rows {
            let value = self.x[[row as usize, feature]];
            if !(0.0..f64::from(u32::MAX)).contains(&value) {
                absent.add(&self.goal, row as usize, 1.0);
                continue;
            }
            match of.binary_search_by_key(&(value as u32), |(label, _)| *label) {
                Ok(at) => of[at].1.add(&self.goal, row as usize, 1.0),
                Err(at) => {
                    let mut one = Tally::new(&self.goal);
                    one.add(&self.goal, row as usize, 1.0);
                    of.insert(at, (value as u32, one));
                }
            }
        }
        let commonest = (0..tally.sums.len()).reduce(|a, b| if tally.sums[b] > tally.sums[a] { b } else { a })?;
        let rank = |t: &Tally| match self.goal {
            Goal::Classes { .. } => t.sums[commonest] / t.rows,
            Goal::Numbers(_) => t.sums[0] / t.rows,
        };
        of.sort_by(|a, b| rank(&a.1).total_cmp(&rank(&b.1)).then(a.0.cmp(&b.0)));
        let mut left = Tally::new(&self.goal);
        let mut best: Option<(f64, usize)> = None;
        for (at, (_, one)) in of.iter().enumerate() {
            left.plus(one);
            if at + 1 == of.len() && absent.rows == 0.0 {
                break;
            }
            if let Some(gain) = self.gain(tally, &left)
                && best.is_none_or(|b| gain > b.0)
            {
                best = Some((gain, at));
            }
        }
        let (gain, at) = best?;
        let mut set: Vec<u32> = of[..=at].iter().map(|(label, _)| *label).collect();
        set.sort_unstable();
        Some(Split {
            feature,
            rule: Rule::OneOf(set),
            missing: Missing::Right,
            gain,
        })
    }
}
