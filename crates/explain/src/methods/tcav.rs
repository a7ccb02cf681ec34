//! Is a class sensitive to a concept that people name? (TCAV, Kim et al. 2018)

use glassboard_model::{Array, ModelError};
use ndarray::Array2;

use crate::cav::{Cav, Turned};
use crate::intervals::{Moments, welch};
use crate::random::Counter;
use crate::{Ask, ExplainError, Runner};

/// Stream of [`Counter`] for the rows of each run.
const STREAM: u64 = 81;

/// How a concept is tested.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    /// Directions of the concept and of chance that are compared.
    pub runs: usize,
    /// Penalty on the squared weights of a classifier, against its mean loss.
    pub penalty: f64,
    /// Folds of the classifier's accuracy.
    pub folds: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Tcav {
    /// The direction of all rows of the concept against all others, one number for each of the layer.
    pub cav: Cav,
    /// The derivative along it for each row that was asked about.
    pub directional: Vec<f64>,
    /// Score and magnitude along it.
    pub score: Score,
    /// Accuracy of its classifier on rows it was not fitted on, 0.5 by chance; none where there are too few.
    pub accuracy: Option<f64>,
    /// Scores of directions fitted against a part of the other rows each.
    pub concept_scores: Vec<f64>,
    /// Scores of directions between two parts of the other rows: what chance gives.
    pub random_scores: Vec<f64>,
    /// Welch's test of the two, both ways; none where there are fewer than two of each.
    pub p_value: Option<f64>,
}

/// A direction's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Share of rows whose output rises along it.
    pub share: f64,
    /// Share of the sum of magnitudes that belongs to rows whose output rises.
    pub magnitude: f64,
}

impl Score {
    /// Of the derivatives along one direction.
    pub fn of(directional: &[f64]) -> Self {
        let total: f64 = directional.iter().map(|d| d.abs()).sum();
        let risen = directional.iter().filter(|d| **d > 0.0);
        let share = risen.clone().count() as f64 / directional.len().max(1) as f64;
        // A sum of nothing is minus zero.
        let magnitude = if total > 0.0 {
            (risen.sum::<f64>() + 0.0) / total
        } else {
            0.0
        };
        Self { share, magnitude }
    }
}

/// d f / d layer times each direction, `[rows, directions]`.
pub fn directional(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    layer: &str,
    directions: &[&[f32]],
) -> Result<Array2<f64>, ExplainError> {
    let mut out = Vec::with_capacity(ask.rows() * directions.len());
    let mut wrong = None;
    run.layer_gradient(
        ask,
        layer,
        ask.rows(),
        |i| ask.targets[i],
        |i, row| row.copy_from_slice(ask.row(i)),
        |_, _, _, gradient| {
            for direction in directions {
                if direction.len() != gradient.len() {
                    wrong = Some(gradient.len());
                }
                let pairs = gradient.iter().zip(*direction);
                out.push(pairs.map(|(g, d)| f64::from(*g) * f64::from(*d)).sum());
            }
        },
    )?;
    if let Some(numbers) = wrong {
        return Err(ExplainError::parameters(format!(
            "`{layer}` has {numbers} numbers a row, and the direction has another count"
        )));
    }
    Array2::from_shape_vec((ask.rows(), directions.len()), out)
        .map_err(|e| ModelError::Failed(format!("derivatives along directions do not line up: {e}")).into())
}

/// Fits the direction of `concept` against `random` in `layer`, and scores the rows of `ask` along it and along what
/// chance gives.
pub fn tcav(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    layer: &str,
    (concept, random): (&Array, &Array),
    test: Test,
) -> Result<Tcav, ExplainError> {
    let of_concept = run.capture(concept, layer)?;
    let of_random = run.capture(random, layer)?;
    let (count, others) = (of_concept.shape()[0], of_random.shape()[0]);
    if count < 2 || others < 4 {
        return Err(ExplainError::parameters(format!(
            "a concept needs at least 2 rows and 4 others to tell it from; there are {count} and {others}"
        )));
    }
    if of_concept.shape()[1..] != of_random.shape()[1..] {
        return Err(ExplainError::parameters(format!(
            "`{layer}` has another shape for the concept's rows than for the others"
        )));
    }
    let numbers: usize = of_concept.shape()[1..].iter().product();
    let rows: Vec<f32> = of_concept.iter().chain(of_random.iter()).copied().collect();
    let turned = Turned::of(rows, numbers)?;
    let all: Vec<usize> = (0..count + others).collect();
    let (own, rest) = all.split_at(count);

    let mut cavs = vec![turned.fit(own, rest, test.penalty)];
    let part = others / 2;
    for k in 0..test.runs {
        run.check_cancelled()?;
        let order = Counter::new(test.seed, STREAM, k as u64).permutation(others);
        let drawn: Vec<usize> = order.iter().map(|i| rest[*i]).collect();
        let (left, right) = drawn.split_at(part);
        cavs.push(turned.fit(own, left, test.penalty));
        // As many rows on the side of chance's concept as the concept has, where there are as many.
        cavs.push(turned.fit(&right[..right.len().min(count.max(2))], left, test.penalty));
    }
    let accuracy = turned.accuracy(own, rest, test.penalty, test.folds, test.seed);
    let directions: Vec<&[f32]> = cavs.iter().map(|cav| cav.direction.as_slice()).collect();
    let along = directional(run, ask, layer, &directions)?;
    let score = |k: usize| Score::of(&along.column(k).to_vec());
    let concept_scores: Vec<f64> = (0..test.runs).map(|k| score(1 + 2 * k).share).collect();
    let random_scores: Vec<f64> = (0..test.runs).map(|k| score(2 + 2 * k).share).collect();
    Ok(Tcav {
        directional: along.column(0).to_vec(),
        score: score(0),
        p_value: both_ways(&concept_scores, &random_scores),
        cav: cavs.swap_remove(0),
        accuracy,
        concept_scores,
        random_scores,
    })
}

/// How likely means at least as far apart are, were there no difference.
fn both_ways(a: &[f64], b: &[f64]) -> Option<f64> {
    let moments = |values: &[f64]| Moments::of(values.iter().copied());
    let test = welch(moments(a), moments(b), 0.95)?;
    if test.t == 0.0 {
        return Some(1.0);
    }
    Some((2.0 * test.p_larger.min(1.0 - test.p_larger)).min(1.0))
}
