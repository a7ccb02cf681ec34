//! What may change, and how far.

use ndarray::ArrayView2;

use super::text::{labelled, listed};
use crate::{Column, Columns, ExplainError, words};

/// What one column may become.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    pub fixed: bool,
    low: f64,
    high: f64,
    up: bool,
    down: bool,
    /// Labels it may take; none for numbers.
    pub labels: Option<Vec<f64>>,
    /// Digits after the point that the background has.
    decimals: i32,
    /// What counts as one step: the median absolute deviation, else the standard deviation, else 1.
    pub scale: f64,
    /// Values of the background.
    pub seen: Vec<f64>,
}

/// What every column may become.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub of: Vec<Limit>,
}

/// The wishes as a user writes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wishes {
    /// Columns that stay: `age, sex`.
    pub fixed: Option<String>,
    /// Columns that may change; all where not given.
    pub vary: Option<String>,
    /// What numbers must lie between, or which labels are allowed: `income:0..1e5, city:Berlin|Paris`.
    pub ranges: Option<String>,
    /// Columns that may only grow.
    pub only_up: Option<String>,
    /// Columns that may only fall.
    pub only_down: Option<String>,
}

impl Limits {
    /// From the wishes; what they leave open is taken from the background: between its least and largest value, among
    /// its labels, with as many decimals.
    pub fn of(background: ArrayView2<'_, f64>, columns: &Columns, wishes: &Wishes) -> Result<Self, ExplainError> {
        if background.nrows() == 0 {
            return Err(ExplainError::parameters(
                "counterfactuals take ranges and scales from a background, and there is none; give the table of training rows",
            ));
        }
        let mut of: Vec<Limit> = columns
            .kinds
            .iter()
            .enumerate()
            .map(|(j, kind)| Limit::seen(&background.column(j).to_vec(), kind))
            .collect();
        let list = |text: &Option<String>, key| text.as_deref().map_or(Ok(Vec::new()), |t| listed(t, columns, key));
        if wishes.vary.is_some() {
            for limit in &mut of {
                limit.fixed = true;
            }
            for j in list(&wishes.vary, "vary")? {
                of[j].fixed = false;
            }
        }
        for j in list(&wishes.fixed, "fixed")? {
            of[j].fixed = true;
        }
        for (text, key, up) in [
            (&wishes.only_up, "only_up", true),
            (&wishes.only_down, "only_down", false),
        ] {
            for j in list(text, key)? {
                if columns.kinds[j].is_category() {
                    return Err(ExplainError::parameters(format!(
                        "`{key}` names `{}`, which holds labels: they have no order; use `ranges` to say which are allowed",
                        columns.names[j]
                    )));
                }
                if up { of[j].up = true } else { of[j].down = true }
            }
        }
        for (j, range) in wishes
            .ranges
            .as_deref()
            .map_or(Ok(Vec::new()), |t| labelled(t, columns))?
        {
            of[j].narrow(&columns.names[j], &columns.kinds[j], &range)?;
        }
        Ok(Self { of })
    }

    /// `value` as column `j` may hold it where it was `from`: within its range and direction, a whole number or a label
    /// where it must be. `from` where nothing is allowed.
    pub fn settle(&self, j: usize, from: f64, value: f64) -> f64 {
        self.of[j].settle(from, value)
    }

    /// Mean over the columns of the change in steps; a changed label counts one.
    pub fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let steps = self
            .of
            .iter()
            .zip(a.iter().zip(b))
            .map(|(limit, (&a, &b))| limit.step(a, b));
        steps.sum::<f64>() / self.of.len().max(1) as f64
    }

    /// Columns that may change at all.
    pub fn free(&self) -> Vec<usize> {
        (0..self.of.len()).filter(|j| !self.of[*j].fixed).collect()
    }
}

/// Whether two values differ; two that are missing do not.
#[expect(clippy::float_cmp, reason = "any change at all is one")]
pub(super) fn differs(a: f64, b: f64) -> bool {
    a != b && !(a.is_nan() && b.is_nan())
}

impl Limit {
    fn seen(values: &[f64], kind: &Column) -> Self {
        let mut seen: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        seen.sort_by(f64::total_cmp);
        let labels = kind.is_category().then(|| {
            let mut labels = seen.clone();
            labels.dedup();
            labels
        });
        let middle = seen.get(seen.len() / 2).copied().unwrap_or_default();
        let mut off: Vec<f64> = seen.iter().map(|v| (v - middle).abs()).collect();
        off.sort_by(f64::total_cmp);
        let spread = off.get(off.len() / 2).copied().unwrap_or_default();
        let deviation = crate::lime::moments(&seen).1;
        let scale = [spread, deviation].into_iter().find(|s| *s > 0.0).unwrap_or(1.0);
        let decimals = if *kind == Column::Integer {
            0
        } else {
            decimals(&seen, scale)
        };
        let (low, high) = (
            seen.first().copied().unwrap_or(f64::NAN),
            seen.last().copied().unwrap_or(f64::NAN),
        );
        Self {
            fixed: seen.is_empty(),
            low,
            high,
            up: false,
            down: false,
            labels,
            decimals,
            scale,
            seen,
        }
    }

    fn narrow(&mut self, name: &str, kind: &Column, range: &str) -> Result<(), ExplainError> {
        if let Column::Category(labels) = kind {
            let mut allowed = Vec::new();
            for label in range.split('|').map(str::trim) {
                let Some(at) = labels.iter().position(|l| l == label) else {
                    return Err(ExplainError::parameters(format!(
                        "`ranges` allows `{label}` for `{name}`, which has the labels {}",
                        labels.join(", ")
                    )));
                };
                allowed.push(at as f64);
            }
            self.seen.retain(|v| allowed.contains(v));
            self.labels = Some(allowed);
            return Ok(());
        }
        let (low, high) = super::text::between(range).ok_or_else(|| {
            ExplainError::parameters(format!(
                "the range `{range}` of `{name}` is not of the form low..high, as in `0..1e5`"
            ))
        })?;
        self.low = low.unwrap_or(self.low);
        self.high = high.unwrap_or(self.high);
        self.seen.retain(|v| (self.low..=self.high).contains(v));
        Ok(())
    }

    fn settle(&self, from: f64, value: f64) -> f64 {
        if self.fixed || !value.is_finite() {
            return from;
        }
        if let Some(labels) = &self.labels {
            return if labels.contains(&value) { value } else { from };
        }
        let low = if self.up && from > self.low { from } else { self.low };
        let high = if self.down && from < self.high { from } else { self.high };
        let empty = low.is_nan() || high.is_nan() || low > high;
        if empty || (self.up && from > self.high) || (self.down && from < self.low) {
            return from;
        }
        let value = value.clamp(low, high);
        if (value - from).abs() <= 1e-12 * self.scale {
            return from;
        }
        let grid = 10f64.powi(self.decimals);
        let tries = [
            (value * grid).round() / grid,
            (value * grid).floor() / grid,
            (value * grid).ceil() / grid,
        ];
        tries.into_iter().find(|v| (low..=high).contains(v)).unwrap_or(from)
    }

    fn step(&self, a: f64, b: f64) -> f64 {
        match &self.labels {
            _ if !differs(a, b) => 0.0,
            None if a.is_finite() && b.is_finite() => (a - b).abs() / self.scale,
            _ => 1.0,
        }
    }
}

/// Digits after the point in which all of `values` can be written, and at least those that tell steps of `scale` apart.
fn decimals(values: &[f64], scale: f64) -> i32 {
    let exact = (0..7).find(|d| {
        let grid = 10f64.powi(*d);
        values
            .iter()
            .all(|v| (v * grid - (v * grid).round()).abs() <= 1e-9 * (v * grid).abs().max(1.0))
    });
    exact.unwrap_or_else(|| (words::decimals_for(scale) as i32 + 2).min(12))
}
