//! Classical machine learning: `ai.onnx.ml`.

use glassboard_engine::{Attr, Elem};

use crate::draw::Draw;
use crate::harness::{Built, Case, Input, free};

const CLASSICAL: &str = "ai.onnx.ml";

/// Step of the differences.
const STEP: f32 = 0.125;

/// A step below the distance of any number from another and from zero, where a function has its bends.
const FINE: f32 = 1.0 / 64.0;

/// A step for scores that hardly change with the input.
const WIDE: f32 = 0.5;

fn case(op: &'static str, build: fn(&mut Draw) -> Built) -> Case {
    Case::of(CLASSICAL, op, build)
}

/// Classes by their numbers.
fn classes(built: Built, count: usize) -> Built {
    let labels: Vec<usize> = (0..count).map(|k| 3 * k + 1).collect();
    built.list("classlabels_ints", &labels)
}

/// A table `[rows, features]`, or one row without the first axis.
fn table(d: &mut Draw, features: usize) -> Input {
    if d.flag() {
        return free(d, &[features]);
    }
    let rows = d.size(1, 3);
    free(d, &[rows, features])
}

/// Scores of a linear model of so many targets, and how they are transformed.
fn scores(d: &mut Draw, targets: usize, transform: &str) -> Built {
    let features = d.size(1, 4);
    let built = Built::new(vec![table(d, features)]).text("post_transform", transform);
    let n = targets * features;
    if transform == "PROBIT" {
        // Between 0.6 and 0.9: the function is defined from 0 to 1, and of 32 bits few are left at
        // its zero.
        return built
            .attr("coefficients", Attr::Floats(d.away(n, 0.005, 0.018)))
            .attr("intercepts", Attr::Floats(vec![0.75; targets]))
            .in_single(WIDE);
    }
    let (mut weights, mut intercepts) = (d.away(n, 0.05, 1.0), d.away(targets, 0.1, 1.0));
    if transform == "SOFTMAX_ZERO" && targets > 2 {
        // A score that is nothing, whatever the input.
        weights[..features].fill(0.0);
        intercepts[0] = 0.0;
    }
    built
        .attr("coefficients", Attr::Floats(weights))
        .attr("intercepts", Attr::Floats(intercepts))
        .in_single(STEP)
}

/// A support vector machine's kernel.
fn kernel(d: &mut Draw, built: Built) -> Built {
    let kind = d.one(&["LINEAR", "POLY", "RBF", "SIGMOID"]);
    // A power that is no whole number needs a positive base.
    let parameters = match kind {
        "POLY" if d.flag() => vec![0.05, 2.0, 2.5],
        "POLY" => vec![0.3, 0.5, d.one(&[2.0, 3.0])],
        _ => vec![0.2, 0.1, 0.0],
    };
    built
        .text("kernel_type", kind)
        .attr("kernel_params", Attr::Floats(parameters))
}

/// A support vector machine that has support vectors, of two classes or more.
fn vector_machine(d: &mut Draw) -> Built {
    let features = d.size(1, 3);
    let count = d.size(2, 3);
    let per_class = d.shape(count, 1, 2);
    let vectors: usize = per_class.iter().sum();
    let pairs = count * (count - 1) / 2;
    let transforms: &[&str] = if count == 2 {
        &["NONE", "SOFTMAX", "LOGISTIC"]
    } else {
        &["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"]
    };
    let mut built = classes(Built::new(vec![table(d, features)]), count)
        .list("vectors_per_class", &per_class)
        .attr("support_vectors", Attr::Floats(d.away(vectors * features, 0.05, 1.0)))
        .attr("coefficients", Attr::Floats(d.away((count - 1) * vectors, 0.2, 1.0)))
        .attr("rho", Attr::Floats(d.away(pairs, 0.05, 0.5)))
        .text("post_transform", d.one(transforms))
        .outputs(2, &[1])
        .in_single(STEP);
    if d.flag() {
        built = built
            .attr("prob_a", Attr::Floats(d.away(pairs, 0.3, 0.9)))
            .attr("prob_b", Attr::Floats(d.away(pairs, 0.05, 0.3)));
    }
    kernel(d, built)
}

pub fn cases() -> Vec<Case> {
    vec![
        case("ArrayFeatureExtractor", |d| {
            let rank = d.size(1, 3);
            let shape = d.shape(rank, 1, 4);
            let (last, count) = (shape[rank - 1] as i64, d.size(1, 5));
            let at = (0..count).map(|_| d.int(0, last - 1)).collect();
            Built::new(vec![free(d, &shape), Input::Whole(Elem::I64, vec![1, count], at)])
        }),
        case("FeatureVectorizer", |d| {
            let (rows, parts) = (d.size(1, 3), d.size(1, 3));
            let widths = d.shape(parts, 1, 4);
            let inputs = widths.iter().map(|&n| free(d, &[rows, n])).collect();
            // Columns that are too many are cut off, and those that lack are filled with zeros.
            let wanted: Vec<usize> = widths.iter().map(|&n| d.size(n.max(2) - 1, n + 1)).collect();
            Built::new(inputs).list("inputdimensions", &wanted).in_single(STEP)
        }),
        case("Imputer", |d| {
            let shape = d.shape(2, 1, 4);
            let n = shape.iter().product();
            let mut data = d.away(n, 0.05, 2.0);
            // No number: it stays one whatever is added to it, so that its slope is zero.
            if d.flag() {
                for v in &mut data {
                    if d.size(0, 3) == 0 {
                        *v = f32::NAN;
                    }
                }
            }
            let fills = d.one(&[1, shape[1]]);
            Built::new(vec![Input::Free(shape, data)])
                .attr("imputed_value_floats", Attr::Floats(d.away(fills, 0.1, 1.0)))
                .number("replaced_value_float", f32::NAN)
        }),
        case("Scaler", |d| {
            let features = d.size(1, 4);
            let (offsets, scales) = (d.one(&[1, features]), d.one(&[1, features]));
            Built::new(vec![table(d, features)])
                .attr("offset", Attr::Floats(d.away(offsets, 0.1, 1.0)))
                .attr("scale", Attr::Floats(d.away(scales, 0.1, 1.0)))
                .in_single(STEP)
        }),
        case("Normalizer", |d| {
            let shape = d.shape(2, 1, 3);
            let n = shape.iter().product();
            let norm = d.one(&["MAX", "L1", "L2"]);
            Built::new(vec![Input::Free(shape, d.away(n, 0.5, 2.0))])
                .text("norm", norm)
                .in_single(FINE)
        }),
        case("LinearRegressor", |d| {
            let targets = d.size(1, 3);
            let transform = d.one(&["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]);
            scores(d, targets, transform).int("targets", targets as i64)
        }),
        case("LinearClassifier", |d| {
            let transform = d.one(&["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]);
            let targets = d.size(2, 4);
            classes(scores(d, targets, transform), targets).outputs(2, &[1])
        }),
        case("LinearClassifier", |d| {
            // One score, of one class or of two.
            let transform = d.one(&["NONE", "LOGISTIC"]);
            let count = d.size(1, 2);
            classes(scores(d, 1, transform), count).outputs(2, &[1])
        }),
        case("SVMClassifier", vector_machine),
        case("SVMClassifier", |d| {
            // Without support vectors it is linear.
            let (features, count) = (d.size(1, 3), d.size(2, 3));
            let transform = d.one(&["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"]);
            classes(Built::new(vec![table(d, features)]), count)
                .attr("coefficients", Attr::Floats(d.away(count * features, 0.05, 1.0)))
                .attr("rho", Attr::Floats(vec![0.3]))
                .text("post_transform", transform)
                .outputs(2, &[1])
                .in_single(STEP)
        }),
        case("SVMRegressor", |d| {
            let (features, count) = (d.size(1, 3), d.size(0, 3));
            let weights = if count == 0 { features } else { count };
            let built = Built::new(vec![table(d, features)])
                .attr("coefficients", Attr::Floats(d.away(weights, 0.2, 1.0)))
                .attr("support_vectors", Attr::Floats(d.away(count * features, 0.05, 1.0)))
                .attr("rho", Attr::Floats(vec![0.4]))
                .int("n_supports", count as i64)
                .in_single(STEP);
            if count == 0 { built } else { kernel(d, built) }
        }),
        case("ZipMap", |d| {
            let shape = d.shape(2, 1, 4);
            let columns = shape[1];
            let labels: Vec<usize> = (0..columns).collect();
            Built::new(vec![free(d, &shape)]).list("classlabels_int64s", &labels)
        }),
    ]
}
