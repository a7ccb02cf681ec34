//! Concept activation vectors: the direction in a layer that tells rows of a concept from other rows.
//!
//! A layer has many more numbers than there are rows, and a linear classifier with a penalty on squared weights lies in
//! the span of its rows. So the rows are turned (an isometry) to as many coordinates as there are rows, where the fit is
//! small, and the fitted direction is turned back. The same coordinates serve every fit on some of the rows.

use faer::{Mat, Side};
use ndarray::Array2;

use crate::ExplainError;
use crate::random::Counter;
use crate::surrogate::logistic;

/// Stream of [`Counter`] for the folds.
const STREAM: u64 = 80;
/// Most rows a classifier is fitted on: the time of a fit grows with their third power.
pub const MOST_ROWS: usize = 1_000;

/// Rows of a layer as coordinates of no more axes than there are rows.
pub struct Turned {
    /// `[rows, axes]`, in units of the rows' spread.
    places: Array2<f64>,
    /// From axes back to the layer: `[axes, rows]`, weights of the centred rows.
    back: Array2<f64>,
    mean: Vec<f64>,
    /// `[rows, numbers]` of the layer.
    rows: Vec<f32>,
    numbers: usize,
}

/// A fitted direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Cav {
    /// Unit length, towards the concept; one number for each of the layer.
    pub direction: Vec<f32>,
}

impl Turned {
    /// Of `rows` (`[count, numbers]`, flat).
    ///
    /// # Errors
    /// A sentence for too many rows, too few, or rows that are all the same.
    pub fn of(rows: Vec<f32>, numbers: usize) -> Result<Self, ExplainError> {
        let count = rows.len() / numbers.max(1);
        if count > MOST_ROWS {
            return Err(ExplainError::parameters(format!(
                "{count} rows are too many for a concept's classifier; {MOST_ROWS} are the most, both sets taken together"
            )));
        }
        let mut mean = vec![0.0f64; numbers];
        for row in rows.chunks_exact(numbers.max(1)) {
            for (sum, v) in mean.iter_mut().zip(row) {
                *sum += f64::from(*v);
            }
        }
        for sum in &mut mean {
            *sum /= count.max(1) as f64;
        }
        let line = |i: usize| rows[i * numbers..][..numbers].iter().zip(&mean);
        let mut products = Mat::<f64>::zeros(count, count);
        for i in 0..count {
            for j in 0..=i {
                let pairs = line(i).zip(line(j));
                let dot: f64 = pairs
                    .map(|((a, m), (b, _))| (f64::from(*a) - m) * (f64::from(*b) - m))
                    .sum();
                products[(i, j)] = dot;
                products[(j, i)] = dot;
            }
        }
        let spread = (0..count).map(|i| products[(i, i)]).sum::<f64>() / count.max(1) as f64;
        if !spread.is_finite() || spread <= 0.0 {
            return Err(ExplainError::parameters(
                "the layer says the same of every row of both sets; choose another layer",
            ));
        }
        let eigen = products
            .self_adjoint_eigen(Side::Lower)
            .map_err(|_| ExplainError::parameters("the layer's values for these rows cannot be told apart"))?;
        let values: Vec<f64> = (0..count).map(|k| eigen.S()[k]).collect();
        let largest = values.iter().copied().fold(0.0f64, f64::max);
        let axes: Vec<usize> = (0..count).rev().filter(|k| values[*k] > largest * 1e-10).collect();
        let unit = 1.0 / spread.sqrt();
        let places = Array2::from_shape_fn((count, axes.len()), |(i, a)| {
            eigen.U()[(i, axes[a])] * values[axes[a]].sqrt() * unit
        });
        let back = Array2::from_shape_fn((axes.len(), count), |(a, i)| {
            eigen.U()[(i, axes[a])] / values[axes[a]].sqrt()
        });
        Ok(Self {
            places,
            back,
            mean,
            rows,
            numbers,
        })
    }

    /// How many rows.
    pub fn count(&self) -> usize {
        self.places.nrows()
    }

    /// The direction from the rows `others` to the rows `concept`: logistic regression with the squared weights
    /// penalised by half of `penalty` against the mean loss, in units of the rows' spread.
    pub fn fit(&self, concept: &[usize], others: &[usize], penalty: f64) -> Cav {
        let fit = self.separate(concept, others, penalty);
        let mut of_rows = vec![0.0f64; self.count()];
        for (axis, weight) in fit.line.coefficients.iter().enumerate() {
            for (sum, v) in of_rows.iter_mut().zip(self.back.row(axis)) {
                *sum += weight * v;
            }
        }
        let mut direction = vec![0.0f64; self.numbers];
        for (row, weight) in self.rows.chunks_exact(self.numbers).zip(&of_rows) {
            for ((sum, v), m) in direction.iter_mut().zip(row).zip(&self.mean) {
                *sum += weight * (f64::from(*v) - m);
            }
        }
        let length = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        Cav {
            direction: direction.iter().map(|v| (v * scale) as f32).collect(),
        }
    }

    fn separate(&self, concept: &[usize], others: &[usize], penalty: f64) -> crate::surrogate::Logistic {
        let chosen: Vec<usize> = concept.iter().chain(others).copied().collect();
        let x = self.places.select(ndarray::Axis(0), &chosen);
        let answer: Vec<f64> = (0..chosen.len())
            .map(|i| if i < concept.len() { 1.0 } else { 0.0 })
            .collect();
        logistic(x.view(), &answer, penalty * chosen.len() as f64)
    }

    /// Share of rows on the right side when each is told by a direction fitted without its fold, both sets weighing the
    /// same; `None` where a set has fewer rows than there are folds.
    pub fn accuracy(&self, concept: &[usize], others: &[usize], penalty: f64, folds: usize, seed: u64) -> Option<f64> {
        if folds < 2 || concept.len() < folds || others.len() < folds {
            return None;
        }
        let mixed = |rows: &[usize], index: u64| -> Vec<usize> {
            let order = Counter::new(seed, STREAM, index).permutation(rows.len());
            order.into_iter().map(|i| rows[i]).collect()
        };
        let (concept, others) = (mixed(concept, 0), mixed(others, 1));
        let parts = |rows: &[usize], fold: usize| -> (Vec<usize>, Vec<usize>) {
            let (out, own): (Vec<_>, Vec<_>) = rows.iter().enumerate().partition(|(i, _)| i % folds == fold);
            let plain = |part: Vec<(usize, &usize)>| part.into_iter().map(|(_, row)| *row).collect();
            (plain(own), plain(out))
        };
        let (mut right, mut wrong) = (0.0, 0.0);
        for fold in 0..folds {
            let ((own_concept, out_concept), (own_others, out_others)) = (parts(&concept, fold), parts(&others, fold));
            let fit = self.separate(&own_concept, &own_others, penalty);
            let told = |row: &usize| fit.line.predict(self.places.row(*row).iter().copied()) > 0.0;
            right += out_concept.iter().filter(|row| told(row)).count() as f64;
            wrong += out_others.iter().filter(|row| !told(row)).count() as f64;
        }
        Some(f64::midpoint(right / concept.len() as f64, wrong / others.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows about the origin, those of the concept pushed along one axis of many.
    fn rows(count: usize, numbers: usize, push: f64) -> Vec<f32> {
        let mut random = Counter::new(3, 0, 0);
        let mut out = Vec::new();
        for i in 0..count {
            for j in 0..numbers {
                let along = if j == 7 && i < count / 2 { push } else { 0.0 };
                out.push((random.normal() + along) as f32);
            }
        }
        out
    }

    #[test]
    fn the_direction_that_was_built_in_is_found() {
        let (count, numbers) = (200, 50);
        let turned = Turned::of(rows(count, numbers, 4.0), numbers).unwrap();
        let (concept, others): (Vec<_>, Vec<_>) = (0..count).partition(|i| *i < count / 2);
        let cav = turned.fit(&concept, &others, 0.01);
        assert!(cav.direction[7] > 0.9, "{:?}", cav.direction);
        let length: f64 = cav.direction.iter().map(|v| f64::from(*v).powi(2)).sum();
        assert!((length - 1.0).abs() < 1e-5);
        let accuracy = turned.accuracy(&concept, &others, 0.01, 5, 0).unwrap();
        assert!(accuracy > 0.9, "{accuracy}");
        let back = turned.fit(&others, &concept, 0.01);
        assert!(back.direction[7] < -0.9);
    }

    #[test]
    fn sets_that_are_alike_are_told_apart_by_chance() {
        let (count, numbers) = (200, 50);
        let turned = Turned::of(rows(count, numbers, 0.0), numbers).unwrap();
        let (concept, others): (Vec<_>, Vec<_>) = (0..count).partition(|i| *i < count / 2);
        let accuracy = turned.accuracy(&concept, &others, 0.01, 5, 0).unwrap();
        assert!((accuracy - 0.5).abs() < 0.12, "{accuracy}");
        assert!(turned.accuracy(&concept[..3], &others, 0.01, 5, 0).is_none());
        assert!(Turned::of(vec![1.0; 40], 10).is_err(), "nothing varies");
    }
}
