//! How well the model does on rows whose answer is known: figures, curves, calibration, confusion, residuals.

use ndarray::{Array2, ArrayD};
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Reading, Task, answers};
use crate::choice::Choices;
use crate::intervals::wilson;
use crate::performance::calibration::{Bins, calibration, expected_error, largest_error};
use crate::performance::curves::{Calls, Ranking};
use crate::performance::residuals::{SHARES, residuals};
use crate::performance::thin::{Kept, thin};
use crate::scores::{Score, likeliest, mean};
use crate::{AskRows, ExplainError, Outcome, RowExtras, Runner};

/// Points of a curve in the answer; figures come from all of them.
const MOST_POINTS: usize = 500;
/// Rows of the picture of residuals.
const MOST_ROWS: usize = 2000;
/// Bands over the predictions in which residuals are told.
const BANDS: usize = 20;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Options {
    /// Kind of answer; `None` for what the truth looks like.
    pub task: Option<Task>,
    /// Of two classes: a row whose probability is above this is called positive.
    pub threshold: f64,
    /// Bins of the calibration curve.
    pub bins: usize,
    /// How wide they are.
    pub width: Bins,
}

/// Figures of performance in `found.figures`, for classes also in `found.classes`, a list by class. Arrays of a
/// classifier, `K` a class by number: `roc_K` (threshold, false positive rate, true positive rate),
/// `precision_recall_K` (threshold, recall, precision), `thresholds_K` (threshold, hits, alarms, misses, rejections,
/// precision, recall, specificity, F1), `calibration_K` (from, to, rows, predicted, observed, low, high) and
/// `confusion` (true class by called class). Of a regression: `residuals` (row, prediction, truth),
/// `residual_quantiles` (share, residual) and `residual_bands` (from, to, rows, five quantiles).
pub fn performance(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    truth: Option<&[f64]>,
    options: &Options,
) -> Result<Outcome, ExplainError> {
    run.stage("rows", 0.0, 1.0);
    let (reading, answers, _) = answers(run, ask, truth, options.task)?;
    let outcome = match &answers {
        Answers::Classes { probability, truth } => classes(&reading, &answers, probability, truth, options),
        Answers::Values { predicted, truth } => values(&reading, &answers, predicted, truth),
    };
    Ok(outcome
        .saying("task", reading.task.name())
        .saying("rows_used", reading.rows.len())
        .saying("rows_without_truth", ask.x.nrows() - reading.rows.len()))
}

/// The confusion of true (first axis) and called classes. Two classes are told apart by `threshold` on the second.
pub fn confusion(probability: &Array2<f64>, truth: &[usize], threshold: f64) -> Array2<f64> {
    let classes = probability.ncols();
    let mut counts = Array2::zeros((classes, classes));
    for (&t, row) in truth.iter().zip(probability.rows()) {
        let called = if classes == 2 {
            usize::from(row[1] > threshold)
        } else {
            likeliest(row)
        };
        counts[[t, called]] += 1.0;
    }
    counts
}

fn classes(
    reading: &Reading,
    answers: &Answers,
    probability: &Array2<f64>,
    truth: &[usize],
    options: &Options,
) -> Outcome {
    // A threshold is one on the class that is asked about.
    let threshold = if reading.target == 0 && reading.classes == 2 {
        1.0 - options.threshold
    } else {
        options.threshold
    };
    let counts = confusion(probability, truth, threshold);
    let n = truth.len() as f64;
    let correct: f64 = counts.diag().sum();
    let accuracy = wilson(correct, n, 0.95);
    let mut outcome = Outcome::default();
    let mut list = Vec::new();
    for class in 0..reading.classes {
        let positive: Vec<bool> = truth.iter().map(|&t| t == class).collect();
        let scores = probability.column(class).to_vec();
        let ranking = Ranking::new(&scores, &positive);
        let bins = calibration(&scores, &positive, options.bins, options.width);
        let (curves, thinned) = curves(&ranking, class);
        outcome.arrays.extend(curves);
        outcome
            .arrays
            .push((format!("calibration_{class}"), calibration_table(&bins)));
        let calls = against_rest(&counts, class);
        let squares = scores
            .iter()
            .zip(&positive)
            .map(|(p, &hit)| (p - f64::from(hit)).powi(2));
        let confident = thinned.off;
        list.push(json!({
            "class": class,
            "rows": calls.hits + calls.misses,
            "called": calls.hits + calls.alarms,
            "auc": number(ranking.auc()),
            "average_precision": number(ranking.average_precision()),
            "precision": number(calls.precision()),
            "recall": number(calls.recall()),
            "specificity": number(calls.specificity()),
            "f1": number(calls.f1()),
            "brier": number(mean(squares)),
            "expected_calibration_error": number(expected_error(&bins)),
            "largest_calibration_error": number(largest_error(&bins)),
            "thresholds": ranking.thresholds.len(),
            "curves_off_by_at_most": confident,
        }));
    }
    let average = |key: &str, weighted: bool| {
        let figures = list.iter().filter_map(|class| {
            let weight = if weighted { class["rows"].as_f64()? } else { 1.0 };
            Some((class[key].as_f64()?, weight))
        });
        let (sum, weights) = figures.fold((0.0, 0.0), |(sum, weights), (v, w)| (sum + v * w, weights + w));
        number(sum / weights)
    };
    let figures = json!({
        "accuracy": accuracy.value,
        "accuracy_low": accuracy.low,
        "accuracy_high": accuracy.high,
        "balanced_accuracy": average("recall", false),
        "log_loss": number(Score::LogLoss.of(answers)),
        "brier": number(brier(probability, truth)),
        "auc": number(Score::Auc.of(answers)),
        "auc_weighted": average("auc", true),
        "average_precision": if reading.classes == 2 { list[1]["average_precision"].clone() } else { average("average_precision", false) },
        "f1": if reading.classes == 2 { list[reading.target]["f1"].clone() } else { average("f1", false) },
        "matthews": number(matthews(&counts)),
        "expected_calibration_error": number(confidence_error(probability, truth, options)),
    });
    let probabilities = if reading.link {
        "made from the outputs"
    } else {
        "as the model gives them"
    };
    outcome
        .with("confusion", counts.into_dyn())
        .saying("figures", figures)
        .saying("classes", list.clone())
        .saying("positive", reading.target)
        .saying("threshold", (reading.classes == 2).then_some(options.threshold))
        .saying("probabilities", probabilities)
        .saying("accuracy_interval", "Wilson, 95 %")
}

/// Null where a figure is not defined.
fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { Value::Null }
}

/// Class against rest, out of a confusion.
fn against_rest(counts: &Array2<f64>, class: usize) -> Calls {
    let (hits, total) = (counts[[class, class]], counts.sum());
    let (is, called) = (counts.row(class).sum(), counts.column(class).sum());
    Calls {
        hits,
        alarms: called - hits,
        misses: is - hits,
        rejections: total - is - called + hits,
    }
}

/// Mean squared distance of the probabilities from the truth: of two classes that of the second, of more the sum.
fn brier(probability: &Array2<f64>, truth: &[usize]) -> f64 {
    let rows = truth.iter().zip(probability.rows());
    mean(rows.map(|(&t, row)| {
        match row.len() {
            2 => (row[1] - f64::from(t == 1)).powi(2),
            _ => row
                .iter()
                .enumerate()
                .map(|(class, p)| (p - f64::from(class == t)).powi(2))
                .sum(),
        }
    }))
}

/// Matthews' correlation of true and called classes (Gorodkin 2004).
fn matthews(counts: &Array2<f64>) -> f64 {
    let total = counts.sum();
    let correct = counts.diag().sum();
    let (is, called) = (counts.sum_axis(ndarray::Axis(1)), counts.sum_axis(ndarray::Axis(0)));
    let both = correct * total - is.dot(&called);
    both / ((total * total - is.dot(&is)) * (total * total - called.dot(&called))).sqrt()
}

/// Expected calibration error of the most probable class (Guo et al. 2017).
fn confidence_error(probability: &Array2<f64>, truth: &[usize], options: &Options) -> f64 {
    let best: Vec<usize> = probability.rows().into_iter().map(likeliest).collect();
    let confidence: Vec<f64> = probability
        .rows()
        .into_iter()
        .zip(&best)
        .map(|(row, &b)| row[b])
        .collect();
    let right: Vec<bool> = best.iter().zip(truth).map(|(b, t)| b == t).collect();
    expected_error(&calibration(&confidence, &right, options.bins, options.width))
}

/// The curves of one class, thinned, and how.
fn curves(ranking: &Ranking, class: usize) -> (Vec<(String, ArrayD<f64>)>, Kept) {
    let (roc, recall) = (ranking.roc(), ranking.precision_recall());
    // In counts, so that points on a line lie there exactly.
    let counts: Vec<(f64, f64)> = std::iter::once((0.0, 0.0))
        .chain(ranking.alarms.iter().copied().zip(ranking.hits.iter().copied()))
        .collect();
    let (negatives, positives) = (ranking.negatives().max(1.0), ranking.positives().max(1.0));
    let mut kept = thin(&counts, MOST_POINTS);
    if kept.off > 0.0 {
        let rates: Vec<_> = counts.iter().map(|(a, h)| (a / negatives, h / positives)).collect();
        kept = thin(&rates, MOST_POINTS);
    }
    let line: Vec<(f64, f64)> = recall.iter().map(|point| (point[1], point[2])).collect();
    let drawn = thin(&line, MOST_POINTS);
    let pick = |points: &[[f64; 3]], kept: &Kept| table(kept.points.iter().map(|&i| points[i]));
    let thresholds = kept.points.iter().filter(|&&i| i > 0).map(|&i| {
        let calls = ranking.calls(i - 1);
        [
            ranking.thresholds[i - 1],
            calls.hits,
            calls.alarms,
            calls.misses,
            calls.rejections,
            calls.precision(),
            calls.recall(),
            calls.specificity(),
            calls.f1(),
        ]
    });
    let arrays = vec![
        (format!("roc_{class}"), pick(&roc, &kept)),
        (format!("precision_recall_{class}"), pick(&recall, &drawn)),
        (format!("thresholds_{class}"), table(thresholds)),
    ];
    kept.off = kept.off.max(drawn.off);
    (arrays, kept)
}

fn calibration_table(bins: &[crate::performance::calibration::Bin]) -> ArrayD<f64> {
    let rows = bins.iter();
    table(rows.map(|b| [b.from, b.to, b.count, b.predicted, b.observed, b.low, b.high]))
}

fn table<const N: usize>(rows: impl Iterator<Item = [f64; N]>) -> ArrayD<f64> {
    let rows: Vec<[f64; N]> = rows.collect();
    Array2::from_shape_fn((rows.len(), N), |(i, j)| rows[i][j]).into_dyn()
}

fn values(reading: &Reading, answers: &Answers, predicted: &[f64], truth: &[f64]) -> Outcome {
    let left = residuals(predicted, truth, BANDS, MOST_ROWS);
    let errors = predicted.iter().zip(truth).map(|(p, t)| t - p);
    let mse = Score::Mse.of(answers);
    let sizes = crate::grid::sorted(errors.clone().map(f64::abs));
    let mut figures = Map::new();
    for (name, value) in [
        ("r2", Score::R2.of(answers)),
        ("mae", Score::Mae.of(answers)),
        ("mse", mse),
        ("rmse", mse.sqrt()),
        ("median_absolute_error", crate::grid::quantile(&sizes, 0.5)),
        ("largest_error", sizes.last().copied().unwrap_or(f64::NAN)),
        ("mean_residual", mean(errors)),
    ] {
        figures.insert(name.to_owned(), number(value));
    }
    let shown = left
        .shown
        .iter()
        .map(|&i| [reading.rows[i] as f64, predicted[i], truth[i]]);
    Outcome::default()
        .with("residuals", table(shown))
        .with(
            "residual_quantiles",
            table(SHARES.iter().zip(&left.quantiles).map(|(s, q)| [*s, *q])),
        )
        .with("residual_bands", table(left.bands.into_iter()))
        .saying("figures", Value::Object(figures))
}

/// By the parameters of the catalogue.
pub fn answer(
    run: &mut Runner<'_>,
    ask: &AskRows<'_>,
    params: &Map<String, Value>,
    extras: RowExtras<'_>,
) -> Result<Outcome, ExplainError> {
    let choices = Choices(params);
    let options = Options {
        task: choices.text("task").and_then(Task::parse),
        threshold: choices.real("threshold"),
        bins: choices.whole("bins"),
        width: match choices.text("bin_width") {
            Some("quantiles") => Bins::Quantiles,
            _ => Bins::Even,
        },
    };
    performance(run, ask, extras.truth, &options)
}
