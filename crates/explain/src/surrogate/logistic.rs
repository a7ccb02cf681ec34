//! Logistic regression by Newton's method, with a penalty on the squared coefficients.

use ndarray::ArrayView2;

use crate::ridge::{Factor, Line};

/// A fitted logistic model: the probability is `1 / (1 + exp(-line))`.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// The log-odds.
    pub line: Line,
    /// Whether the steps became small before they ran out.
    pub settled: bool,
}

impl Logistic {
    /// The probability it gives `row`.
    pub fn predict(&self, row: impl IntoIterator<Item = f64>) -> f64 {
        sigmoid(self.line.predict(row))
    }
}

fn sigmoid(v: f64) -> f64 {
    1.0 / (1.0 + (-v).exp())
}

const STEPS: usize = 60;

/// Fits `answer` (each between 0 and 1: classes, or probabilities to imitate) on `x`, `[rows, columns]`; `alpha` weighs
/// half the squared coefficients against the sum of the rows' log losses.
pub fn logistic(x: ArrayView2<'_, f64>, answer: &[f64], alpha: f64) -> Logistic {
    let columns = x.ncols();
    // The last is the intercept, which is not penalised.
    let size = columns + 1;
    let mut beta = vec![0.0f64; size];
    let loss_of = |beta: &[f64]| -> f64 {
        let rows = x.rows().into_iter().zip(answer);
        let fit: f64 = rows
            .map(|(row, y)| {
                let v = row.iter().zip(beta).map(|(a, b)| a * b).sum::<f64>() + beta[columns];
                v.max(0.0) - v * y + (-v.abs()).exp().ln_1p()
            })
            .sum();
        fit + 0.5 * alpha * beta[..columns].iter().map(|b| b * b).sum::<f64>()
    };
    let mut loss = loss_of(&beta);
    let mut settled = false;
    for _ in 0..STEPS {
        let mut slope = vec![0.0; size];
        let mut curve = vec![0.0; size * size];
        let mut full = vec![1.0; size];
        for (row, y) in x.rows().into_iter().zip(answer) {
            full.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
            let p = sigmoid(full.iter().zip(&beta).map(|(a, b)| a * b).sum());
            let weight = (p * (1.0 - p)).max(1e-9);
            for i in 0..size {
                slope[i] += (y - p) * full[i];
                let scaled = weight * full[i];
                curve[i * size..][..=i]
                    .iter_mut()
                    .zip(&full)
                    .for_each(|(sum, v)| *sum += scaled * v);
            }
        }
        for i in 0..columns {
            slope[i] -= alpha * beta[i];
            curve[i * size + i] += alpha;
        }
        let factor = Factor::of(size, |i, j| curve[i.max(j) * size + i.min(j)]);
        let step = factor.solve(&slope);
        let mut share = 1.0;
        let (mut next, mut next_loss) = (beta.clone(), f64::INFINITY);
        while share > 1e-6 {
            next = beta.iter().zip(&step).map(|(b, s)| b + share * s).collect();
            next_loss = loss_of(&next);
            if next_loss <= loss {
                break;
            }
            share /= 2.0;
        }
        if next_loss > loss {
            settled = true;
            break;
        }
        let gained = loss - next_loss;
        beta = next;
        loss = next_loss;
        if gained <= 1e-10 * loss.abs().max(1.0) {
            settled = true;
            break;
        }
    }
    let intercept = beta[columns];
    beta.truncate(columns);
    Logistic {
        line: Line {
            coefficients: beta,
            intercept,
        },
        settled,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::random::Counter;

    #[test]
    fn probabilities_of_a_logistic_model_are_imitated() {
        let mut random = Counter::new(1, 0, 0);
        let x = Array2::from_shape_fn((400, 3), |_| random.normal());
        let truth = |r: ndarray::ArrayView1<'_, f64>| sigmoid(0.5 + 1.5 * r[0] - 2.0 * r[1]);
        let y: Vec<f64> = x.rows().into_iter().map(truth).collect();
        let fit = logistic(x.view(), &y, 1e-6);
        assert!(fit.settled);
        for (have, want) in fit.line.coefficients.iter().zip([1.5, -2.0, 0.0]) {
            assert!((have - want).abs() < 1e-3, "{fit:?}");
        }
        assert!((fit.line.intercept - 0.5).abs() < 1e-3);
    }

    #[test]
    fn classes_that_part_cleanly_do_not_run_away() {
        let x = Array2::from_shape_fn((40, 1), |(i, _)| i as f64 - 20.0);
        let y: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i >= 20))).collect();
        let fit = logistic(x.view(), &y, 1.0);
        assert!(fit.settled && fit.line.coefficients[0].is_finite());
        assert!(
            x.rows()
                .into_iter()
                .zip(&y)
                .all(|(r, y)| (fit.predict(r.iter().copied()) > 0.5) == (*y > 0.5))
        );
    }
}
