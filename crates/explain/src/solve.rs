//! Weighted least squares of small systems, by their normal equations.

use ndarray::Array2;

use crate::ExplainError;

/// The sums a weighted least-squares fit is solved from, for several right sides at once.
#[derive(Debug, Clone)]
pub struct Normal {
    size: usize,
    outputs: usize,
    /// Lower triangle, row-major, `[size, size]`.
    gram: Vec<f64>,
    /// `[size, outputs]`.
    right: Vec<f64>,
}

impl Normal {
    /// Of `size` unknowns.
    pub fn new(size: usize, outputs: usize) -> Self {
        Self {
            size,
            outputs,
            gram: vec![0.0; size * size],
            right: vec![0.0; size * outputs],
        }
    }

    /// Adds an equation `row · unknowns = answer` of this weight.
    pub fn add(&mut self, row: &[f64], weight: f64, answer: &[f64]) {
        for (i, &at) in row.iter().enumerate() {
            if at == 0.0 {
                continue;
            }
            let scaled = weight * at;
            let line = &mut self.gram[i * self.size..][..=i];
            line.iter_mut().zip(row).for_each(|(sum, v)| *sum += scaled * v);
            let right = &mut self.right[i * self.outputs..][..self.outputs];
            right.iter_mut().zip(answer).for_each(|(sum, v)| *sum += scaled * v);
        }
    }

    /// Replaces the right side of a system with one output.
    pub(crate) fn set_right(&mut self, right: &[f64]) {
        self.right.copy_from_slice(right);
    }

    /// Sets an entry of the lower triangle, `column <= row`.
    pub(crate) fn set_gram(&mut self, row: usize, column: usize, value: f64) {
        self.gram[row * self.size + column] = value;
    }

    /// Adds the sums of `other`, times `factor`.
    pub fn add_scaled(&mut self, other: &Self, factor: f64) {
        self.gram
            .iter_mut()
            .zip(&other.gram)
            .for_each(|(a, b)| *a += factor * b);
        self.right
            .iter_mut()
            .zip(&other.right)
            .for_each(|(a, b)| *a += factor * b);
    }

    /// The unknowns, `[size, outputs]`; the shortest of all solutions where there are many.
    ///
    /// # Errors
    /// A sentence where the numbers are not finite.
    pub fn solve(&self) -> Result<Array2<f64>, ExplainError> {
        let mut answer = Array2::from_shape_fn((self.size, self.outputs), |(i, o)| self.right[i * self.outputs + o]);
        if self.size == 0 {
            return Ok(answer);
        }
        if let Some(factor) = self.cholesky() {
            for o in 0..self.outputs {
                self.substitute(&factor, o, &mut answer);
            }
            return Ok(answer);
        }
        self.shortest()
    }

    /// The Cholesky factor, unless the matrix is singular or nearly so.
    fn cholesky(&self) -> Option<Vec<f64>> {
        let n = self.size;
        let mut factor = self.gram.clone();
        let largest = (0..n).fold(0.0f64, |m, i| m.max(self.gram[i * n + i]));
        for i in 0..n {
            for j in 0..=i {
                let (before, rest) = factor.split_at_mut(i * n);
                let left = &rest[..j];
                let dot = if i == j {
                    left.iter().map(|v| v * v).sum::<f64>()
                } else {
                    left.iter().zip(&before[j * n..][..j]).map(|(a, b)| a * b).sum()
                };
                let value = rest[j] - dot;
                rest[j] = if i == j {
                    // Not a number fails this as well.
                    if value.partial_cmp(&(largest * 1e-12)) != Some(std::cmp::Ordering::Greater) {
                        return None;
                    }
                    value.sqrt()
                } else {
                    value / before[j * n + j]
                };
            }
        }
        Some(factor)
    }

    fn substitute(&self, factor: &[f64], o: usize, answer: &mut Array2<f64>) {
        let n = self.size;
        for i in 0..n {
            let known: f64 = (0..i).map(|j| factor[i * n + j] * answer[[j, o]]).sum();
            answer[[i, o]] = (answer[[i, o]] - known) / factor[i * n + i];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|j| factor[j * n + i] * answer[[j, o]]).sum();
            answer[[i, o]] = (answer[[i, o]] - known) / factor[i * n + i];
        }
    }

    /// By eigenvalues, leaving out directions the equations say nothing of.
    fn shortest(&self) -> Result<Array2<f64>, ExplainError> {
        let n = self.size;
        let at = |i: usize, j: usize| self.gram[i.max(j) * n + i.min(j)];
        let failed = || ExplainError::parameters("the values of the coalitions are not finite numbers");
        if self.gram.iter().chain(&self.right).any(|v| !v.is_finite()) {
            return Err(failed());
        }
        let (values, vectors) = eigen(Array2::from_shape_fn((n, n), |(i, j)| at(i, j)));
        let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let mut answer = Array2::zeros((n, self.outputs));
        for k in (0..n).filter(|&k| values[k] > largest * 1e-10) {
            for o in 0..self.outputs {
                let along: f64 = (0..n).map(|i| vectors[[i, k]] * self.right[i * self.outputs + o]).sum();
                for i in 0..n {
                    answer[[i, o]] += vectors[[i, k]] * along / values[k];
                }
            }
        }
        Ok(answer)
    }
}

/// Eigenvalues and, by column, eigenvectors of a symmetric matrix, by the rotations of Jacobi.
fn eigen(mut matrix: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.nrows();
    let mut vectors = Array2::eye(n);
    let size = matrix.iter().map(|v| v * v).sum::<f64>();
    for _ in 0..60 {
        let beside: f64 = matrix
            .indexed_iter()
            .filter(|((i, j), _)| i != j)
            .map(|(_, v)| v * v)
            .sum();
        if beside <= size * 1e-30 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let off = matrix[[p, q]];
                if off == 0.0 {
                    continue;
                }
                let half = (matrix[[q, q]] - matrix[[p, p]]) / (2.0 * off);
                let tangent = half.signum() / (half.abs() + half.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                let turn = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
                for k in 0..n {
                    (matrix[[k, p]], matrix[[k, q]]) = turn(matrix[[k, p]], matrix[[k, q]]);
                }
                for k in 0..n {
                    (matrix[[p, k]], matrix[[q, k]]) = turn(matrix[[p, k]], matrix[[q, k]]);
                    (vectors[[k, p]], vectors[[k, q]]) = turn(vectors[[k, p]], vectors[[k, q]]);
                }
            }
        }
    }
    (matrix.diag().to_vec(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_of_many_solutions_treats_twins_alike() {
        let mut fit = Normal::new(3, 1);
        fit.add(&[1.0, 1.0, 0.0], 2.0, &[4.0]);
        fit.add(&[0.0, 0.0, 1.0], 1.0, &[-1.0]);
        let answer = fit.solve().unwrap();
        for (got, want) in answer.iter().zip([2.0, 2.0, -1.0]) {
            assert!((got - want).abs() < 1e-9, "{answer}");
        }
    }

    #[test]
    fn weighted_equations_that_agree_are_solved_exactly() {
        let mut fit = Normal::new(2, 2);
        for (row, weight) in [([1.0, 2.0], 0.3), ([3.0, -1.0], 2.0), ([0.5, 0.5], 1.0)] {
            let [a, b] = row;
            fit.add(&row, weight, &[2.0 * a - b, 0.5 * b]);
        }
        let answer = fit.solve().unwrap();
        for (got, want) in answer.iter().zip([2.0, 0.0, -1.0, 0.5]) {
            assert!((got - want).abs() < 1e-9, "{answer}");
        }
    }
}
