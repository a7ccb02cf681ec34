//! One number for how well a model does.

use crate::ExplainError;
use crate::answers::{Answers, Task};
use crate::performance::curves::Ranking;

/// How well a model does, in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// Share of rows whose most probable class is the true one.
    Accuracy,
    /// Area under the ROC curve: of two classes that of the second, of more the mean over classes against the rest.
    Auc,
    /// Mean of minus the logarithm of the true class's probability.
    LogLoss,
    /// Share of the variance that is explained.
    R2,
    /// Mean of squared errors.
    Mse,
    /// Mean of absolute errors.
    Mae,
}

impl Score {
    /// The score called `name` (`auto`: accuracy or r2), if it fits the task.
    pub fn parse(name: &str, task: Task) -> Result<Self, ExplainError> {
        let score = match (name, task) {
            ("accuracy", _) | ("auto", Task::Classification) => Self::Accuracy,
            ("auc", _) => Self::Auc,
            ("log_loss", _) => Self::LogLoss,
            ("r2", _) | ("auto", Task::Regression) => Self::R2,
            ("mse", _) => Self::Mse,
            ("mae", _) => Self::Mae,
            _ => return Err(ExplainError::parameters(format!("there is no score `{name}`"))),
        };
        if score.task() == task {
            return Ok(score);
        }
        let (fit, what) = match task {
            Task::Classification => ("accuracy, auc or log_loss", "classes"),
            Task::Regression => ("r2, mse or mae", "numbers"),
        };
        Err(ExplainError::parameters(format!(
            "the score {name} does not fit a model that predicts {what}; use {fit}"
        )))
    }

    /// Its name in an answer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Auc => "auc",
            Self::LogLoss => "log_loss",
            Self::R2 => "r2",
            Self::Mse => "mse",
            Self::Mae => "mae",
        }
    }

    const fn task(self) -> Task {
        match self {
            Self::Accuracy | Self::Auc | Self::LogLoss => Task::Classification,
            Self::R2 | Self::Mse | Self::Mae => Task::Regression,
        }
    }

    /// Whether a higher number is better.
    pub const fn higher_is_better(self) -> bool {
        matches!(self, Self::Accuracy | Self::Auc | Self::R2)
    }

    /// How much worse `after` is than `before`.
    pub fn fall(self, before: f64, after: f64) -> f64 {
        if self.higher_is_better() {
            before - after
        } else {
            after - before
        }
    }

    /// The score of `answers`; NaN where it is not defined (no row, or one class only for an area).
    pub fn of(self, answers: &Answers) -> f64 {
        match answers {
            Answers::Classes { probability, truth } => match self {
                Self::Auc => {
                    let area = |class: usize| {
                        let positive: Vec<bool> = truth.iter().map(|&t| t == class).collect();
                        Ranking::new(&probability.column(class).to_vec(), &positive).auc()
                    };
                    match probability.ncols() {
                        2 => area(1),
                        classes => mean((0..classes).map(area).filter(|area| !area.is_nan())),
                    }
                }
                Self::LogLoss => mean(log_losses(answers).into_iter()),
                _ => {
                    let hits = truth
                        .iter()
                        .zip(probability.rows())
                        .map(|(&t, row)| likeliest(row) == t);
                    mean(hits.map(f64::from))
                }
            },
            Answers::Values { predicted, truth } => {
                let errors = predicted.iter().zip(truth).map(|(p, t)| t - p);
                match self {
                    Self::Mae => mean(errors.map(f64::abs)),
                    Self::Mse => mean(errors.map(|e| e * e)),
                    _ => r2(predicted, truth),
                }
            }
        }
    }
}

/// The class with the highest probability, the first of equals.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a view is a pointer; rows of arrays come as views"
)]
pub fn likeliest(row: ndarray::ArrayView1<'_, f64>) -> usize {
    let mut best = 0;
    for (class, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = class;
        }
    }
    best
}

/// Minus the logarithm of the true class's probability, a row each; no probability counts as less than the smallest
/// step above 0 of double precision, as scikit-learn does. Empty for numbers.
pub fn log_losses(answers: &Answers) -> Vec<f64> {
    let Answers::Classes { probability, truth } = answers else {
        return Vec::new();
    };
    let rows = truth.iter().zip(probability.rows());
    rows.map(|(&t, row)| -row[t].clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln())
        .collect()
}

fn r2(predicted: &[f64], truth: &[f64]) -> f64 {
    let middle = mean(truth.iter().copied());
    let left: f64 = predicted.iter().zip(truth).map(|(p, t)| (t - p).powi(2)).sum();
    let total: f64 = truth.iter().map(|t| (t - middle).powi(2)).sum();
    if total > 0.0 {
        1.0 - left / total
    } else if left > 0.0 {
        0.0
    } else {
        1.0
    }
}

/// The mean, summed in order; NaN of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0.0f64, 0.0f64), |(n, sum), v| (n + 1.0, sum + v));
    sum / n
}
