//! Which training rows helped or hurt a prediction (`TracIn`, Pruthi et al. 2020).

use glassboard_model::{Array, ModelError};
use ndarray::{Array2, ArrayView2, Axis, Slice};

use crate::{ExplainError, Runner, softmax};

/// Numbers of gradients that are held at once for the rows asked about.
const HELD: usize = 1 << 26;

/// What training made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Cross entropy of outputs before softmax (of one output: before the sigmoid).
    CrossEntropy,
    /// Cross entropy of outputs that are probabilities.
    OfProbabilities,
    /// Squared error, the mean over outputs.
    Squared,
}

impl Loss {
    /// d loss / d output for one row: `truth` is the class, or the number.
    ///
    /// # Errors
    /// A sentence where the class is not one of the outputs'.
    pub fn slope(self, outputs: &[f32], truth: f64) -> Result<Vec<f32>, ExplainError> {
        let width = outputs.len();
        if self == Self::Squared {
            let scale = 2.0 / width.max(1) as f64;
            return Ok(outputs
                .iter()
                .map(|v| ((f64::from(*v) - truth) * scale) as f32)
                .collect());
        }
        let classes = if width == 1 { 2 } else { width };
        let class = truth as usize;
        if !(truth >= 0.0 && truth.fract() == 0.0 && class < classes) {
            return Err(ExplainError::parameters(format!(
                "the true answer {truth} is none of the {classes} classes of the output"
            )));
        }
        Ok(match (self, outputs) {
            (Self::CrossEntropy, [z]) => vec![(1.0 / (1.0 + (-f64::from(*z)).exp()) - truth) as f32],
            (Self::CrossEntropy, _) => {
                let mut slope = softmax(outputs);
                slope[class] -= 1.0;
                slope
            }
            (_, [p]) => {
                let p = f64::from(*p).clamp(f64::EPSILON, 1.0 - f64::EPSILON);
                vec![if class == 1 { -1.0 / p } else { 1.0 / (1.0 - p) } as f32]
            }
            _ => {
                let mut slope = vec![0.0; width];
                slope[class] = (-1.0 / f64::from(outputs[class]).max(f64::EPSILON)) as f32;
                slope
            }
        })
    }
}

/// Rows with what is true of each.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The rows, `[rows, ...]`, as the model takes them.
    pub x: &'a Array,
    /// Class, or number, of each.
    pub truth: &'a [f64],
}

/// What one checkpoint says.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// <gradient of the loss at a row asked about, gradient of the loss at a training row> over all weights:
    /// `[asked, training]`. Positive: a step of training on that row made the loss of the other smaller.
    pub pairs: Array2<f64>,
    /// The same of each training row with itself, never negative: large where the model has to be forced.
    pub own: Vec<f64>,
}

/// The influence of `training` on `asked` at the weights that the runner's model has.
pub fn tracin(
    run: &mut Runner<'_>,
    asked: Known<'_>,
    training: Known<'_>,
    output: Option<&str>,
    loss: Loss,
) -> Result<Influence, ExplainError> {
    let weights: usize = run
        .model()
        .weights()
        .iter()
        .map(|w| w.shape.iter().product::<usize>())
        .sum();
    if weights == 0 {
        return Err(ExplainError::parameters(
            "this model has no weights that can be differentiated by; TracIn needs a network",
        ));
    }
    let (rows, others) = (asked.truth.len(), training.truth.len());
    let block = (HELD / weights).clamp(1, rows.max(1));
    let part = (HELD / 4 / weights).clamp(1, 64);
    let blocks = rows.div_ceil(block);
    let total = rows + others * blocks;
    let mut done = 0;
    let (mut pairs, mut own) = (Array2::zeros((rows, others)), vec![0.0f64; others]);
    for k in 0..blocks {
        let held = (k * block, (k * block + block).min(rows));
        let left = gradients(run, asked, held, output, loss)?;
        done += held.1 - held.0;
        let mut from = 0;
        while from < others {
            run.check_cancelled()?;
            let to = (from + part).min(others);
            let right = gradients(run, training, (from, to), output, loss)?;
            for (j, right) in right.rows().into_iter().enumerate() {
                let dot = |left: ndarray::ArrayView1<'_, f32>| -> f64 {
                    let both = left.iter().zip(right);
                    both.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
                };
                for (i, left) in left.rows().into_iter().enumerate() {
                    pairs[[held.0 + i, from + j]] = dot(left);
                }
                own[from + j] = dot(right);
            }
            done += to - from;
            run.tell(done, total);
            from = to;
        }
    }
    Ok(Influence { pairs, own })
}

/// The gradient of the loss at each row of a span, `[rows, weights]`.
fn gradients(
    run: &mut Runner<'_>,
    known: Known<'_>,
    (from, to): (usize, usize),
    output: Option<&str>,
    loss: Loss,
) -> Result<Array2<f32>, ExplainError> {
    let x = known.x.slice_axis(Axis(0), Slice::from(from..to)).to_owned();
    let outputs = run.predict(&x, output)?;
    let width = outputs.len() / (to - from).max(1);
    let mut pull = Vec::with_capacity(outputs.len());
    let flat: Vec<f32> = outputs.iter().copied().collect();
    for (row, truth) in flat.chunks_exact(width.max(1)).zip(&known.truth[from..to]) {
        pull.extend(loss.slope(row, *truth)?);
    }
    let pull = ArrayView2::from_shape((to - from, width), &pull)
        .map_err(|e| ModelError::Failed(format!("slopes of the loss do not line up: {e}")))?;
    let found = run.model().weight_gradients(&x.view(), output, pull)?;
    run.count_forward(to - from);
    run.count_backward(to - from);
    Ok(found)
}
