//! One column of a neighbourhood: how its values are drawn, and what the fit sees of them.

use super::bins;
use super::truncated::truncated;
use crate::random::Counter;
use crate::{Column, words};

/// How a column is drawn and seen.
#[derive(Debug, Clone)]
pub enum Space {
    /// Numbers from a normal; the fit sees them in standard deviations.
    Scaled {
        /// Mean of the present values.
        mean: f64,
        /// Their standard deviation, 1 where it is zero.
        scale: f64,
    },
    /// One of several states; the fit sees 1 where it is the row's own state, else 0.
    States {
        /// The states, in the order of their codes.
        states: Vec<State>,
        /// Chance of a state or an earlier one.
        upto: Vec<f64>,
        /// Edges of the bins; none for a category.
        edges: Vec<f64>,
    },
}

/// A state of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// A bin of numbers.
    Bin {
        /// Its lower bound (the least value of all in the first).
        low: f64,
        /// Its upper bound.
        high: f64,
        /// Mean of the values in it.
        mean: f64,
        /// Their standard deviation.
        spread: f64,
    },
    /// A label of a category.
    Label(f64),
    /// No value.
    Missing,
}

/// The code of a value that no background row has.
pub(super) const UNSEEN: u16 = u16::MAX;

impl Space {
    /// Bins of `values` between `edges`.
    pub fn bins(values: &[f64], edges: Vec<f64>) -> Self {
        let present = || values.iter().copied().filter(|v| !v.is_nan());
        let least = present().fold(f64::INFINITY, f64::min);
        let most = present().fold(f64::NEG_INFINITY, f64::max);
        let (mut states, mut counts) = (Vec::new(), Vec::new());
        for code in 0..=edges.len() {
            let inside: Vec<f64> = present().filter(|v| bins::code(&edges, *v) == code).collect();
            let (mean, spread) = moments(&inside);
            states.push(State::Bin {
                low: if code == 0 { least } else { edges[code - 1] },
                high: edges.get(code).copied().unwrap_or(most),
                mean,
                spread: spread + 1e-11,
            });
            counts.push(inside.len());
        }
        Self::with_missing(states, counts, values, edges)
    }

    /// The labels of `values`.
    pub fn labels(values: &[f64]) -> Self {
        let mut seen: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        seen.sort_by(f64::total_cmp);
        seen.dedup();
        #[expect(clippy::float_cmp, reason = "labels are whole numbers")]
        let counts = seen.iter().map(|s| values.iter().filter(|v| *v == s).count()).collect();
        Self::with_missing(seen.into_iter().map(State::Label).collect(), counts, values, Vec::new())
    }

    /// Numbers in standard deviations; where some are missing, their presence alone.
    pub fn scaled(values: &[f64]) -> Self {
        if values.iter().any(|v| v.is_nan()) {
            return Self::bins(values, Vec::new());
        }
        let (mean, spread) = moments(values);
        Self::Scaled {
            mean,
            scale: if spread > 0.0 { spread } else { 1.0 },
        }
    }

    fn with_missing(mut states: Vec<State>, mut counts: Vec<usize>, values: &[f64], edges: Vec<f64>) -> Self {
        states.push(State::Missing);
        counts.push(values.iter().filter(|v| v.is_nan()).count());
        let total = counts.iter().sum::<usize>().max(1) as f64;
        let mut sum = 0;
        let upto = counts
            .into_iter()
            .map(|c| {
                sum += c;
                sum as f64 / total
            })
            .collect();
        Self::States { states, upto, edges }
    }

    /// The code of `value` among the states; 0 for scaled numbers.
    pub fn code(&self, value: f64) -> u16 {
        let Self::States { states, edges, .. } = self else {
            return 0;
        };
        let last = states.len() - 1;
        if value.is_nan() {
            return last as u16;
        }
        match states.first() {
            Some(State::Bin { .. }) => bins::code(edges, value) as u16,
            _ => states[..last]
                .iter()
                .position(|s| *s == State::Label(value))
                .map_or(UNSEEN, |i| i as u16),
        }
    }

    /// What `value` is called: the bin, the label, or the number itself.
    pub fn text(&self, kind: &Column, name: &str, value: f64) -> String {
        match self {
            Self::Scaled { .. } => name.to_owned(),
            Self::States { .. } if value.is_nan() => format!("{name} is missing"),
            Self::States { states, .. } if matches!(states.first(), Some(State::Label(_) | State::Missing)) => {
                format!("{name} = {}", words::value(kind, value))
            }
            Self::States { edges, .. } if edges.is_empty() => format!("{name} is not missing"),
            Self::States { edges, .. } => bins::text(edges, bins::code(edges, value), name, None),
        }
    }

    /// A value, and what is noted of it: the code of its state, or the number. `around` moves the normal to a row's value.
    pub(super) fn draw(&self, random: &mut Counter, whole: bool, around: Option<f64>) -> (f64, f64) {
        match self {
            Self::Scaled { mean, scale } => {
                let middle = around.unwrap_or(*mean);
                let value = middle + scale * random.normal();
                let value = if whole { value.round() } else { value };
                (value, value)
            }
            Self::States { states, upto, .. } => {
                let u = random.uniform();
                let code = upto.iter().position(|share| u < *share).unwrap_or(0);
                let value = match states[code] {
                    State::Label(label) => label,
                    State::Missing => f64::NAN,
                    State::Bin {
                        low,
                        high,
                        mean,
                        spread,
                    } => {
                        let z = truncated(random, (low - mean) / spread, (high - mean) / spread);
                        let value = (mean + spread * z).clamp(low, high);
                        if whole {
                            whole_within(value, low, high, code == 0)
                        } else {
                            value
                        }
                    }
                };
                (value, code as f64)
            }
        }
    }
}

/// The whole number nearest to `value` that is in the bin; `value` itself where there is none.
fn whole_within(value: f64, low: f64, high: f64, closed: bool) -> f64 {
    let least = if closed { low.ceil() } else { low.floor() + 1.0 };
    if least <= high.floor() {
        value.round().clamp(least, high.floor())
    } else {
        value
    }
}

/// Mean and standard deviation; zeros where there are none.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}
