//! What is explained about the sum of the trees: itself, a probability, a loss.

use glassboard_model::trees::Link;
use glassboard_model::{OutputSpace, TreeEnsemble};

use crate::ExplainError;

/// A function of the explained margin (and, for a loss, of the row's true answer).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// The margin.
    Raw,
    /// Its logistic function.
    Probability {
        /// As in [`Link::Logistic`].
        slope: f64,
    },
    /// `ln(1 + exp(slope * margin)) - y * slope * margin`, y the true class, 0 or 1.
    LogLoss {
        /// As in [`Link::Logistic`].
        slope: f64,
    },
}

impl Scale {
    /// What a question asks for, or why these trees cannot answer it.
    pub fn of(ensemble: &TreeEnsemble, space: OutputSpace, loss: bool) -> Result<Self, ExplainError> {
        if space == OutputSpace::Raw && !loss {
            return Ok(Self::Raw);
        }
        let what = if loss { "the log loss" } else { "the probability" };
        match ensemble.link {
            Link::Logistic { slope } if loss => Ok(Self::LogLoss { slope }),
            Link::Logistic { slope } => Ok(Self::Probability { slope }),
            Link::Softmax => Err(ExplainError::parameters(format!(
                "{what} of one of several classes depends on the margins of all of them, which TreeSHAP cannot share \
                 out; explain the raw output, or use a Shapley method for any model"
            ))),
            Link::Identity | Link::Exp => Err(ExplainError::parameters(format!(
                "{what} is explained for classifiers of two classes that sum log-odds, and these trees do not; explain \
                 the raw output"
            ))),
        }
    }

    /// The function's value.
    pub fn at(self, margin: f64, truth: f64) -> f64 {
        match self {
            Self::Raw => margin,
            Self::Probability { slope } => logistic(slope * margin),
            Self::LogLoss { slope } => {
                let m = slope * margin;
                m.max(0.0) + (-m.abs()).exp().ln_1p() - truth * m
            }
        }
    }

    /// Its derivative by the margin.
    fn slope_at(self, margin: f64, truth: f64) -> f64 {
        match self {
            Self::Raw => 1.0,
            Self::Probability { slope } => {
                let p = logistic(slope * margin);
                slope * p * (1.0 - p)
            }
            Self::LogLoss { slope } => slope * (logistic(slope * margin) - truth),
        }
    }

    /// What raw values are multiplied with, so that they add up to the function's change from one margin to the other.
    pub fn factor(self, from: f64, to: f64, truth: f64) -> f64 {
        let change = to - from;
        if change.abs() <= 1e-9 * to.abs().max(from.abs()).max(1.0) {
            return self.slope_at(f64::midpoint(from, to), truth);
        }
        (self.at(to, truth) - self.at(from, truth)) / change
    }
}

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_slopes_of_chords_and_the_tangent_where_both_ends_meet() {
        for scale in [Scale::Probability { slope: 0.7 }, Scale::LogLoss { slope: 1.3 }] {
            for truth in [0.0, 1.0] {
                let chord = scale.factor(-1.0, 2.0, truth) * 3.0;
                assert!((chord - (scale.at(2.0, truth) - scale.at(-1.0, truth))).abs() < 1e-12);
                let near = scale.factor(0.4, 0.4 + 1e-6, truth);
                assert!((near - scale.factor(0.4, 0.4, truth)).abs() < 1e-6);
            }
        }
        assert!(Scale::LogLoss { slope: 1.0 }.at(800.0, 1.0).abs() < 1e-12);
        assert!((Scale::LogLoss { slope: 1.0 }.at(-800.0, 1.0) - 800.0).abs() < 1e-9);
    }
}
