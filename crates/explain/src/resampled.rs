//! Scores that are no mean over rows, and their values on rows drawn again with replacement.

use crate::answers::Answers;
use crate::random::Counter;

/// A score of rows.
#[derive(Debug, Clone, Copy)]
pub enum Resampled<'a> {
    /// Area under the ROC curve of one class against the rest.
    Auc {
        /// Probability of the class.
        answers: &'a Answers,
        /// Which.
        class: usize,
    },
    /// Share of the variance explained.
    R2 {
        /// Predicted and true numbers.
        answers: &'a Answers,
    },
    /// Root of the mean squared error.
    Rmse {
        /// Predicted and true numbers.
        answers: &'a Answers,
    },
}

/// A score over some rows, laid out so that a resample costs one walk over them.
#[derive(Debug, Clone)]
pub struct Over {
    kind: Kind,
    /// By rising score (areas), or as given: score or prediction, and truth.
    rows: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Auc,
    R2,
    Rmse,
}

impl<'a> Resampled<'a> {
    /// The scores that fit `answers`, by name.
    pub fn all(answers: &'a Answers, class: usize) -> Vec<(&'static str, Self)> {
        match answers {
            Answers::Classes { .. } => vec![("auc", Self::Auc { answers, class })],
            Answers::Values { .. } => vec![("r2", Self::R2 { answers }), ("rmse", Self::Rmse { answers })],
        }
    }

    /// Over `rows` of the answers.
    pub fn over(self, rows: &[usize]) -> Over {
        let (kind, answers, class) = match self {
            Self::Auc { answers, class } => (Kind::Auc, answers, class),
            Self::R2 { answers } => (Kind::R2, answers, 0),
            Self::Rmse { answers } => (Kind::Rmse, answers, 0),
        };
        let pair = |&row: &usize| match answers {
            Answers::Classes { probability, truth } => (probability[[row, class]], f64::from(truth[row] == class)),
            Answers::Values { predicted, truth } => (predicted[row], truth[row]),
        };
        let mut rows: Vec<(f64, f64)> = rows.iter().map(pair).collect();
        if matches!(kind, Kind::Auc) {
            rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        Over { kind, rows }
    }
}

impl Over {
    /// The score of the rows as they are; NaN where it is not defined.
    pub fn value(&self) -> f64 {
        self.weighed(&vec![1; self.rows.len()])
    }

    /// The score of as many rows drawn with replacement.
    pub fn drawn(&self, random: &mut Counter) -> f64 {
        let mut times = vec![0u32; self.rows.len()];
        for _ in 0..times.len() {
            times[random.below(self.rows.len())] += 1;
        }
        self.weighed(&times)
    }

    fn weighed(&self, times: &[u32]) -> f64 {
        let rows = self
            .rows
            .iter()
            .zip(times)
            .map(|(&(score, truth), &n)| (score, truth, f64::from(n)));
        match self.kind {
            Kind::Auc => {
                let (mut below, mut area, mut positives) = (0.0, 0.0, 0.0);
                // Rows of one score count half against each other.
                let (mut tied, mut at) = ((0.0, 0.0), f64::NAN);
                for (score, truth, n) in rows.chain(std::iter::once((f64::NAN, 0.0, 0.0))) {
                    if score.total_cmp(&at).is_ne() {
                        area += tied.0 * (below + tied.1 / 2.0);
                        below += tied.1;
                        positives += tied.0;
                        (tied, at) = ((0.0, 0.0), score);
                    }
                    *if truth > 0.5 { &mut tied.0 } else { &mut tied.1 } += n;
                }
                area / (positives * below)
            }
            Kind::Rmse => {
                let (sum, count) = rows.fold((0.0, 0.0), |(sum, count), (p, t, n)| {
                    (sum + n * (t - p).powi(2), count + n)
                });
                (sum / count).sqrt()
            }
            Kind::R2 => {
                let (sum, count) = rows
                    .clone()
                    .fold((0.0, 0.0), |(sum, count), (_, t, n)| (sum + n * t, count + n));
                let mean = sum / count;
                let (left, total) = rows.fold((0.0, 0.0), |(left, total), (p, t, n)| {
                    (left + n * (t - p).powi(2), total + n * (t - mean).powi(2))
                });
                1.0 - left / total
            }
        }
    }
}
