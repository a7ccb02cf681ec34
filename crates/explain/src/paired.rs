//! Two models on the same rows: how far a score of the one lies from that of the other, and how sure that is.
//!
//! The rows are drawn again with replacement, the same ones for both, and the difference is taken on each draw (paired
//! percentile bootstrap: Efron and Tibshirani 1993, chapter 13). What makes a row hard is hard for both and cancels.

use crate::ExplainError;
use crate::answers::Answers;
use crate::grid::{quantile, sorted};
use crate::performance::calibration::{Bins, calibration, expected_error};
use crate::random::Counter;
use crate::scores::{Score, likeliest};

/// Stream of [`Counter`] that draws rows.
const STREAM: u64 = 91;
/// Bins of the calibration error.
const BINS: usize = 15;

/// A figure that two models are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// One of the scores.
    Score(Score),
    /// Expected calibration error of the likeliest class (Guo et al. 2017), 15 bins of one width.
    Calibration,
    /// Recall of the class that is found worst.
    WorstRecall,
    /// Root of the mean squared error.
    Rmse,
}

impl Figure {
    /// The figures that fit `answers`.
    pub fn all(answers: &Answers) -> Vec<Self> {
        match answers {
            Answers::Classes { .. } => vec![
                Self::Score(Score::Accuracy),
                Self::Score(Score::LogLoss),
                Self::Score(Score::Auc),
                Self::Calibration,
                Self::WorstRecall,
            ],
            Answers::Values { .. } => vec![Self::Score(Score::R2), Self::Score(Score::Mae), Self::Rmse],
        }
    }

    /// Its name in an answer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Score(score) => score.name(),
            Self::Calibration => "expected_calibration_error",
            Self::WorstRecall => "worst_class_recall",
            Self::Rmse => "rmse",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Score(Score::Accuracy) => "accuracy",
            Self::Score(Score::LogLoss) => "log loss",
            Self::Score(Score::Auc) => "AUC",
            Self::Score(Score::R2) => "R²",
            Self::Score(Score::Mse) => "mean squared error",
            Self::Score(Score::Mae) => "mean absolute error",
            Self::Calibration => "ECE, 15 bins",
            Self::WorstRecall => "worst class recall",
            Self::Rmse => "RMSE",
        }
    }

    /// Whether a higher number is better.
    pub const fn higher_is_better(self) -> bool {
        match self {
            Self::Score(score) => score.higher_is_better(),
            Self::WorstRecall => true,
            Self::Calibration | Self::Rmse => false,
        }
    }

    /// The figure of `answers`; NaN where it is not defined.
    pub fn of(self, answers: &Answers) -> f64 {
        match (self, answers) {
            (Self::Score(score), _) => score.of(answers),
            (Self::Rmse, _) => Score::Mse.of(answers).sqrt(),
            (Self::Calibration, Answers::Classes { probability, truth }) => {
                let best: Vec<usize> = probability.rows().into_iter().map(likeliest).collect();
                let confidence: Vec<f64> = best
                    .iter()
                    .zip(probability.rows())
                    .map(|(class, row)| row[*class])
                    .collect();
                let right: Vec<bool> = best.iter().zip(truth).map(|(class, truth)| class == truth).collect();
                expected_error(&calibration(&confidence, &right, BINS, Bins::Even))
            }
            (Self::WorstRecall, Answers::Classes { probability, truth }) => {
                let mut counts = vec![(0.0f64, 0.0f64); probability.ncols()];
                for (row, truth) in probability.rows().into_iter().zip(truth) {
                    let count = &mut counts[*truth];
                    count.0 += f64::from(likeliest(row) == *truth);
                    count.1 += 1.0;
                }
                let recalls = counts
                    .iter()
                    .filter(|(_, all)| *all > 0.0)
                    .map(|(hits, all)| hits / all);
                recalls.fold(f64::NAN, f64::min)
            }
            (Self::Calibration | Self::WorstRecall, Answers::Values { .. }) => f64::NAN,
        }
    }
}

/// One figure of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Which.
    pub figure: Figure,
    /// Of A.
    pub a: f64,
    /// Of B.
    pub b: f64,
    /// 95 % interval of B − A, lower end; NaN where no draw defined it.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Draws on which both were defined.
    pub draws: usize,
}

/// Every figure of `a` and `b`, which answer the same rows, with the interval of its difference over `draws` draws.
/// `go_on` hears how many draws are done and says whether to go on.
pub fn compare(
    a: &Answers,
    b: &Answers,
    draws: usize,
    seed: u64,
    go_on: &mut dyn FnMut(usize) -> Result<(), ExplainError>,
) -> Result<Vec<Pair>, ExplainError> {
    let same_task = matches!(
        (a, b),
        (Answers::Classes { .. }, Answers::Classes { .. }) | (Answers::Values { .. }, Answers::Values { .. })
    );
    if !same_task || a.len() != b.len() || a.is_empty() {
        return Err(ExplainError::parameters(
            "the two models do not answer the same question on these rows",
        ));
    }
    let figures = Figure::all(a);
    let mut differences: Vec<Vec<f64>> = vec![Vec::with_capacity(draws); figures.len()];
    for draw in 0..draws {
        go_on(draw)?;
        let mut random = Counter::new(seed, STREAM, draw as u64);
        let rows: Vec<usize> = (0..a.len()).map(|_| random.below(a.len())).collect();
        let (drawn_a, drawn_b) = (a.of(&rows), b.of(&rows));
        for (figure, differences) in figures.iter().zip(&mut differences) {
            differences.push(figure.of(&drawn_b) - figure.of(&drawn_a));
        }
    }
    let pairs = figures.into_iter().zip(differences).map(|(figure, differences)| {
        let defined = sorted(differences.into_iter().filter(|d| d.is_finite()));
        let at = |share| {
            if defined.is_empty() {
                f64::NAN
            } else {
                quantile(&defined, share)
            }
        };
        Pair {
            figure,
            a: figure.of(a),
            b: figure.of(b),
            low: at(0.025),
            high: at(0.975),
            draws: defined.len(),
        }
    });
    Ok(pairs.collect())
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    /// Two classes; every row's probability of its true class is `right` where `hit` says so, else 1 − `right`.
    fn classes(count: usize, right: f64, hit: impl Fn(usize) -> bool) -> Answers {
        let truth: Vec<usize> = (0..count).map(|i| i % 2).collect();
        let probability = Array2::from_shape_fn((count, 2), |(row, class)| {
            if (class == truth[row]) == hit(row) {
                right
            } else {
                1.0 - right
            }
        });
        Answers::Classes { probability, truth }
    }

    fn found(pairs: &[Pair], name: &str) -> Pair {
        *pairs.iter().find(|pair| pair.figure.name() == name).unwrap()
    }

    #[test]
    fn a_model_beside_itself_differs_by_nothing() {
        let a = classes(50, 0.8, |i| i % 5 > 0);
        for pair in compare(&a, &a, 200, 1, &mut |_| Ok(())).unwrap() {
            assert!(pair.low == 0.0 && pair.high == 0.0, "{pair:?}");
        }
    }

    #[test]
    fn a_better_model_is_told_and_an_equal_one_is_not() {
        // Right in 60 % and in 90 % of 400 rows.
        let (a, b) = (classes(400, 0.7, |i| i % 10 < 6), classes(400, 0.7, |i| i % 10 < 9));
        let pairs = compare(&a, &b, 500, 1, &mut |_| Ok(())).unwrap();
        let accuracy = found(&pairs, "accuracy");
        assert!((accuracy.b - accuracy.a - 0.3).abs() < 1e-12 && accuracy.low > 0.2 && accuracy.high < 0.4);
        // The interval of a paired difference of 0.3 and variance 0.3 · 0.7 over 400 rows is ± 0.045.
        assert!((accuracy.high - accuracy.low - 0.09).abs() < 0.02, "{accuracy:?}");
        assert!(found(&pairs, "log_loss").high < 0.0 && found(&pairs, "worst_class_recall").low > 0.0);
        // Equally often right, on other rows.
        let c = classes(400, 0.7, |i| i % 10 >= 4);
        let accuracy = found(&compare(&a, &c, 500, 1, &mut |_| Ok(())).unwrap(), "accuracy");
        assert!(accuracy.low < 0.0 && accuracy.high > 0.0, "{accuracy:?}");
    }

    #[test]
    fn numbers_have_figures_of_their_own() {
        let truth: Vec<f64> = (0..60).map(f64::from).collect();
        let off = |by: f64| Answers::Values {
            predicted: truth
                .iter()
                .enumerate()
                .map(|(i, t)| t + by * if i % 2 == 0 { 1.0 } else { -1.0 })
                .collect(),
            truth: truth.clone(),
        };
        let pairs = compare(&off(2.0), &off(1.0), 100, 3, &mut |_| Ok(())).unwrap();
        let rmse = found(&pairs, "rmse");
        assert!((rmse.a - 2.0).abs() < 1e-12 && (rmse.b - 1.0).abs() < 1e-12);
        assert!((rmse.low + 1.0).abs() < 1e-12 && (rmse.high + 1.0).abs() < 1e-12);
        assert!(compare(&off(1.0), &classes(60, 0.9, |_| true), 10, 0, &mut |_| Ok(())).is_err());
    }
}
