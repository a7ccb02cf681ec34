//! Many rows, a part at a time, so that what is known can be told as it comes.

use std::time::{Duration, Instant};

use glassboard_catalog::Scope;
use glassboard_explain::{Outcome, Passes};
use ndarray::s;
use serde_json::{Map, Value, json};

use super::answer::{Facts, Told};
use super::arrays::{Beside, RowsExplained};
use super::setting::{Ears, Setting};
use super::{Hooks, RowQuery};
use crate::trouble::Trouble;

/// Rows of the first part; each later part takes about [`PART`].
const FIRST_ROWS: usize = 4;
/// Most rows of a part.
const MOST_ROWS: usize = 4096;
/// How often what is known is told.
const PART: Duration = Duration::from_millis(400);

/// A question over rows, and what stands beside its answer.
pub(super) struct Parts<'a> {
    pub query: &'a RowQuery<'a>,
    pub setting: &'a Setting<'a>,
    pub facts: &'a Facts,
    pub beside: Beside<'a>,
}

impl Parts<'_> {
    /// Explains every row; gives the outcome, the parameters as they were filled in, and the passes, `spent` included.
    pub(super) fn gather(
        &self,
        hooks: &mut Hooks<'_>,
        spent: Passes,
    ) -> Result<(Outcome, Map<String, Value>, Passes), Trouble> {
        let rows = self.beside.x.nrows();
        let whole = glassboard_catalog::scope(self.setting.entry.name) == Some(Scope::Set);
        let mut params = self.setting.question.params.clone();
        let mut passes = spent;
        let mut gathered: Option<Outcome> = None;
        let mut told = Instant::now();
        let (mut from, mut size) = (0, if whole { rows } else { FIRST_ROWS });
        while from < rows {
            let to = (from + size).min(rows);
            let started = Instant::now();
            let (part, more) = self.part(from, to, &mut params, passes, hooks)?;
            passes.forward += more.forward;
            passes.backward += more.backward;
            gathered = Some(match gathered {
                None => part,
                Some(before) => before.below(part)?,
            });
            let per_row = started.elapsed().as_secs_f64() / (to - from) as f64;
            size = ((PART.as_secs_f64() / per_row.max(1e-9)) as usize).clamp(1, MOST_ROWS);
            from = to;
            if from < rows
                && told.elapsed() >= PART
                && let Some(known) = &gathered
            {
                told = Instant::now();
                (hooks.partial)(&self.told(known, &params, passes, from, (json!({}), Vec::new())));
            }
        }
        let outcome = gathered.ok_or_else(|| Trouble::internal("the method gave no answer"))?;
        Ok((outcome, params, passes))
    }

    /// Rows `from..to`; a single row that a method works on in rounds sharpens in place.
    fn part(
        &self,
        from: usize,
        to: usize,
        params: &mut Map<String, Value>,
        passes: Passes,
        hooks: &mut Hooks<'_>,
    ) -> Result<(Outcome, Passes), Trouble> {
        let rows = self.beside.x.nrows();
        let share = |row: usize| 0.05 + 0.75 * row as f64 / rows as f64;
        let mut sharpened = Instant::now();
        let tell = &mut *hooks.partial;
        let mut sharpen = |known: &Outcome| {
            if rows == 1 && sharpened.elapsed() >= PART {
                sharpened = Instant::now();
                let params = &self.setting.question.params;
                tell(&self.told(known, params, passes, 0, (json!({}), Vec::new())));
            }
        };
        self.setting.part(
            self.beside.x.slice(s![from..to, ..]),
            self.beside.truth.map(|truth| &truth[from..to]),
            params,
            (share(from), share(to)),
            Ears {
                progress: &mut *hooks.progress,
                cancelled: hooks.cancelled,
            },
            &mut sharpen,
        )
    }

    /// The answer as far as it goes: `done` rows are whole; a single row is there before it is.
    pub(super) fn told(
        &self,
        outcome: &Outcome,
        params: &Map<String, Value>,
        passes: Passes,
        done: usize,
        evidence: (Value, Vec<String>),
    ) -> RowsExplained {
        let told = Told {
            params,
            passes,
            asked: self.beside.x.nrows(),
            done,
            outcome,
            evidence,
        };
        RowsExplained {
            answer: self
                .facts
                .answer(self.query, self.setting, self.beside.predictions, told),
            arrays: self.beside.first(done.max(1)).and(outcome),
        }
    }
}
