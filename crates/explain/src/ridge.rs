//! Weighted ridge regression and the lasso path, from second moments.
//!
//! All fits of a method share one pass over the samples: after it, any subset of the columns is a small system.
//! A column that says nothing new (constant, or a copy of others) gets the coefficient zero instead of an error,
//! which is why the factorisation is here and not a library's.

use ndarray::ArrayView2;

/// Weighted second moments of columns and an answer, about their weighted means.
#[derive(Debug, Clone)]
pub struct Moments {
    /// Weighted mean of each column.
    pub mean: Vec<f64>,
    /// Weighted mean of the answer.
    pub answer_mean: f64,
    products: Vec<f64>,
    with_answer: Vec<f64>,
    answer: f64,
}

/// A fitted linear model: `intercept + sum of coefficients * columns`.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// One a column of [`Moments`]; zero for a column that was left out.
    pub coefficients: Vec<f64>,
    /// What it says where every column is zero.
    pub intercept: f64,
}

impl Line {
    /// What it says of `row`.
    pub fn predict(&self, row: impl IntoIterator<Item = f64>) -> f64 {
        self.coefficients.iter().zip(row).map(|(c, v)| c * v).sum::<f64>() + self.intercept
    }
}

impl Moments {
    /// Of `x` (`[samples, columns]`), `answer` and `weights` (one a sample, not negative).
    pub fn of(x: ArrayView2<'_, f64>, answer: &[f64], weights: &[f64]) -> Self {
        let columns = x.ncols();
        let total: f64 = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut mean = vec![0.0; columns];
        let mut answer_mean = 0.0;
        for ((row, y), w) in x.rows().into_iter().zip(answer).zip(weights) {
            for (sum, value) in mean.iter_mut().zip(row) {
                *sum += w * value;
            }
            answer_mean += w * y;
        }
        for sum in &mut mean {
            *sum /= total;
        }
        answer_mean /= total;

        let mut products = vec![0.0; columns * columns];
        let (mut with_answer, mut square) = (vec![0.0; columns], 0.0);
        let mut centred = vec![0.0; columns];
        for ((row, y), w) in x.rows().into_iter().zip(answer).zip(weights) {
            for ((to, value), middle) in centred.iter_mut().zip(row).zip(&mean) {
                *to = value - middle;
            }
            let off = y - answer_mean;
            square += w * off * off;
            for (i, &value) in centred.iter().enumerate() {
                let weighted = w * value;
                with_answer[i] += weighted * off;
                let line = &mut products[i * columns..][..=i];
                line.iter_mut()
                    .zip(&centred)
                    .for_each(|(sum, other)| *sum += weighted * other);
            }
        }
        for i in 0..columns {
            for j in 0..i {
                products[j * columns + i] = products[i * columns + j];
            }
        }
        Self {
            mean,
            answer_mean,
            products,
            with_answer,
            answer: square,
        }
    }

    /// Columns.
    pub fn columns(&self) -> usize {
        self.mean.len()
    }

    /// The weighted product of columns `i` and `j` about their means.
    pub fn product(&self, i: usize, j: usize) -> f64 {
        self.products[i * self.columns() + j]
    }

    /// Least squares on the columns `chosen`, with a penalty of `alpha` on the squared coefficients, none on the intercept.
    pub fn ridge(&self, chosen: &[usize], alpha: f64) -> Line {
        let factor = Factor::of(chosen.len(), |i, j| {
            self.product(chosen[i], chosen[j]) + if i == j { alpha } else { 0.0 }
        });
        let right: Vec<f64> = chosen.iter().map(|c| self.with_answer[*c]).collect();
        let mut coefficients = vec![0.0; self.columns()];
        let mut intercept = self.answer_mean;
        for (column, value) in chosen.iter().zip(factor.solve(&right)) {
            coefficients[*column] = value;
            intercept -= value * self.mean[*column];
        }
        Line {
            coefficients,
            intercept,
        }
    }

    /// Share of the answer's weighted variance that `line` accounts for (R²). One where there is none and it is met.
    pub fn r2(&self, line: &Line) -> f64 {
        let c = &line.coefficients;
        let used: Vec<usize> = (0..self.columns()).filter(|i| c[*i] != 0.0).collect();
        let mut left = self.answer;
        for &i in &used {
            left -= 2.0 * c[i] * self.with_answer[i];
            left += used.iter().map(|&j| c[i] * c[j] * self.product(i, j)).sum::<f64>();
        }
        if self.answer > 0.0 {
            1.0 - left.max(0.0) / self.answer
        } else {
            f64::from(u8::from(left.abs() <= f64::EPSILON))
        }
    }

    /// The columns with a coefficient at every corner of the lasso's path, from none to the least penalty
    /// (the homotopy of Osborne et al. 2000; Efron et al. 2004, "Least angle regression").
    pub fn lasso_path(&self) -> Vec<Vec<usize>> {
        let columns = self.columns();
        let mut correlation = self.with_answer.clone();
        let mut coefficient = vec![0.0f64; columns];
        let (mut active, mut dropped): (Vec<usize>, Option<usize>) = (Vec::new(), None);
        let mut ignored = vec![false; columns];
        let mut path = vec![Vec::new()];
        let largest = correlation.iter().fold(0.0f64, |m, c| m.max(c.abs()));
        for _ in 0..MOST_CORNERS {
            if dropped.is_none() {
                let free = (0..columns).filter(|j| !ignored[*j] && !active.contains(j));
                let Some(next) = free.reduce(|a, b| {
                    if correlation[b].abs() > correlation[a].abs() {
                        b
                    } else {
                        a
                    }
                }) else {
                    break;
                };
                if correlation[next].abs() <= 1e-12 * largest.max(f64::MIN_POSITIVE) {
                    break;
                }
                active.push(next);
                let factor = Factor::of(active.len(), |i, j| self.product(active[i], active[j]));
                if factor.dropped[active.len() - 1] {
                    active.pop();
                    ignored[next] = true;
                    continue;
                }
            }
            let penalty = active.iter().fold(0.0f64, |m, j| m.max(correlation[*j].abs()));
            let signs: Vec<f64> = active.iter().map(|j| correlation[*j].signum()).collect();
            let direction = Factor::of(active.len(), |i, j| self.product(active[i], active[j])).solve(&signs);
            let slope = |j: usize| -> f64 {
                active
                    .iter()
                    .zip(&direction)
                    .map(|(&a, d)| d * self.product(j, a))
                    .sum()
            };

            let mut step = penalty;
            for j in (0..columns).filter(|j| !ignored[*j] && !active.contains(j) && dropped != Some(*j)) {
                let a = slope(j);
                for candidate in [
                    (penalty - correlation[j]) / (1.0 - a),
                    (penalty + correlation[j]) / (1.0 + a),
                ] {
                    if candidate > 1e-12 * penalty && candidate < step {
                        step = candidate;
                    }
                }
            }
            dropped = None;
            for (&j, d) in active.iter().zip(&direction) {
                let candidate = -coefficient[j] / d;
                if candidate > 1e-12 * penalty && candidate < step {
                    step = candidate;
                    dropped = Some(j);
                }
            }
            let slopes: Vec<f64> = (0..columns).map(slope).collect();
            correlation.iter_mut().zip(slopes).for_each(|(c, a)| *c -= step * a);
            for (&j, d) in active.iter().zip(&direction) {
                coefficient[j] += step * d;
            }
            if let Some(gone) = dropped {
                coefficient[gone] = 0.0;
                active.retain(|j| *j != gone);
            }
            let mut corner = active.clone();
            corner.sort_unstable();
            path.push(corner);
            if step >= penalty {
                break;
            }
        }
        path
    }

    /// The inverse of the ridge system of `chosen` times `right`, for standard errors.
    pub(crate) fn factor(&self, chosen: &[usize], alpha: f64) -> Factor {
        Factor::of(chosen.len(), |i, j| {
            self.product(chosen[i], chosen[j]) + if i == j { alpha } else { 0.0 }
        })
    }
}

/// Most corners of a lasso path.
const MOST_CORNERS: usize = 500;
/// A column whose remainder is smaller than this share of itself is a copy of those before it.
const COPY: f64 = 1e-11;

/// Cholesky's factor of a symmetric matrix that is not negative; what depends on earlier columns is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    size: usize,
    lower: Vec<f64>,
    dropped: Vec<bool>,
}

impl Factor {
    pub(crate) fn of(size: usize, at: impl Fn(usize, usize) -> f64) -> Self {
        let mut lower = vec![0.0f64; size * size];
        let mut dropped = vec![false; size];
        for j in 0..size {
            let whole = at(j, j);
            let rest = whole - lower[j * size..][..j].iter().map(|v| v * v).sum::<f64>();
            if rest.is_nan() || rest <= COPY * whole.abs() || rest <= f64::MIN_POSITIVE {
                dropped[j] = true;
                continue;
            }
            let root = rest.sqrt();
            lower[j * size + j] = root;
            for i in j + 1..size {
                let known: f64 = (0..j).map(|k| lower[i * size + k] * lower[j * size + k]).sum();
                lower[i * size + j] = (at(i, j) - known) / root;
            }
        }
        Self { size, lower, dropped }
    }

    /// The solution for `right`, zero for what was dropped.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let n = self.size;
        let mut y = vec![0.0; n];
        for i in (0..n).filter(|i| !self.dropped[*i]) {
            let known: f64 = (0..i).map(|k| self.lower[i * n + k] * y[k]).sum();
            y[i] = (right[i] - known) / self.lower[i * n + i];
        }
        for i in (0..n).rev() {
            if self.dropped[i] {
                y[i] = 0.0;
                continue;
            }
            let known: f64 = (i + 1..n).map(|k| self.lower[k * n + i] * y[k]).sum();
            y[i] = (y[i] - known) / self.lower[i * n + i];
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::random::Counter;

    fn sample(rows: usize, columns: usize, seed: u64) -> (Array2<f64>, Vec<f64>, Vec<f64>) {
        let mut random = Counter::new(seed, 0, 0);
        let x = Array2::from_shape_fn((rows, columns), |_| random.normal());
        let weights = (0..rows).map(|_| 0.1 + random.uniform()).collect();
        let y = x.rows().into_iter().map(|r| r.sum() + 0.3 * random.normal()).collect();
        (x, y, weights)
    }

    proptest! {
        #[test]
        fn a_linear_answer_is_found_whatever_the_weights(seed in 0u64..1000, c in prop::array::uniform4(-3.0f64..3.0)) {
            let (x, _, weights) = sample(60, 4, seed);
            let y: Vec<f64> = x.rows().into_iter().map(|r| 2.0 + r.iter().zip(&c).map(|(a, b)| a * b).sum::<f64>()).collect();
            let moments = Moments::of(x.view(), &y, &weights);
            let line = moments.ridge(&[0, 1, 2, 3], 0.0);
            for (a, b) in line.coefficients.iter().zip(&c) {
                prop_assert!((a - b).abs() < 1e-9);
            }
            prop_assert!((line.intercept - 2.0).abs() < 1e-9 && moments.r2(&line) > 1.0 - 1e-9);
        }

        /// At the end of the path the penalty is gone: every column has a coefficient. The first corner has none,
        /// and each corner is one column away from the last.
        #[test]
        fn the_lasso_path_goes_from_nothing_to_everything(seed in 0u64..300) {
            let (x, y, weights) = sample(50, 6, seed);
            let path = Moments::of(x.view(), &y, &weights).lasso_path();
            prop_assert!(path[0].is_empty());
            prop_assert_eq!(path.last().unwrap().len(), 6);
            for pair in path.windows(2) {
                prop_assert!(pair[0].len().abs_diff(pair[1].len()) <= 1);
            }
        }
    }

    #[test]
    fn copies_and_constants_get_no_coefficient() {
        let (mut x, _, weights) = sample(40, 4, 3);
        let y: Vec<f64> = x.column(0).iter().map(|v| 3.0 * v).collect();
        let copy = x.column(0).to_owned();
        x.column_mut(1).assign(&copy);
        x.column_mut(2).fill(1.0);
        let line = Moments::of(x.view(), &y, &weights).ridge(&[0, 1, 2, 3], 0.0);
        assert!((line.coefficients[0] - 3.0).abs() < 1e-9, "{line:?}");
        assert!(line.coefficients[1] == 0.0 && line.coefficients[2] == 0.0);
    }
}
