//! What classifiers and regressors do to their scores at the end: `post_transform`.

use std::f64::consts::PI;

use burn_backend::{BoolDType, Scalar};

use super::super::{Call, softmax};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;

/// The `post_transform` attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transform {
    None,
    Softmax,
    Logistic,
    SoftmaxZero,
    Probit,
}

impl Transform {
    /// From the attribute, which is a word.
    pub fn read<B: Engine>(c: &Call<'_, B>) -> Result<Self, OpError> {
        Ok(match c.str("post_transform", "NONE").as_str() {
            "NONE" => Self::None,
            "SOFTMAX" => Self::Softmax,
            "LOGISTIC" => Self::Logistic,
            "SOFTMAX_ZERO" => Self::SoftmaxZero,
            "PROBIT" => Self::Probit,
            other => return Err(OpError::bad(format!("post_transform `{other}` is unknown"))),
        })
    }

    /// From its number in `TreeEnsemble`.
    pub fn from_code(code: i64) -> Result<Self, OpError> {
        Ok(match code {
            0 => Self::None,
            1 => Self::Softmax,
            2 => Self::Logistic,
            3 => Self::SoftmaxZero,
            4 => Self::Probit,
            other => return Err(OpError::bad(format!("post_transform {other} is unknown"))),
        })
    }

    /// Transforms scores `[rows, classes]`.
    pub fn apply<B: Engine>(self, scores: Float<B>) -> Result<Float<B>, OpError> {
        if scores.numel() == 0 {
            return Ok(scores);
        }
        match self {
            Self::None => Ok(scores),
            Self::Softmax => Ok(softmax::apply(scores, 1)),
            Self::Logistic => Ok(scores.map(B::sigmoid)),
            Self::SoftmaxZero => softmax_zero(scores),
            Self::Probit => Ok(probit(scores)),
        }
    }

    /// Transforms the scores `[rows, columns]` of a regressor. As in onnxruntime, a single column
    /// passes unchanged but for `PROBIT`.
    pub fn regression<B: Engine>(self, scores: Float<B>) -> Result<Float<B>, OpError> {
        if scores.shape()[1] == 1 && self != Self::Probit {
            return Ok(scores);
        }
        self.apply(scores)
    }

    /// Two columns from the one score `[rows, 1]` of a classifier of two classes, as onnxruntime
    /// makes them: with `LOGISTIC` the logistic function of minus and plus the score; otherwise
    /// minus the score and the score where `mirrored`, else one minus the score and the score.
    pub fn pair<B: Engine>(self, score: Float<B>, mirrored: bool) -> Result<Float<B>, OpError> {
        let minus = score.clone().mul_scalar(-1.0);
        let (first, second) = match self {
            Self::Logistic => (minus.map(B::sigmoid), score.map(B::sigmoid)),
            Self::Probit => {
                return Err(OpError::unsupported(
                    "post_transform PROBIT for two classes with one score (onnxruntime leaves one of its numbers undefined)",
                ));
            }
            _ if mirrored => (minus, score),
            _ => (minus.add_scalar(1.0), score),
        };
        Float::concat(vec![first, second], 1)
    }
}

/// Softmax in which scores of zero take no part, and stay nearly zero.
fn softmax_zero<B: Engine>(scores: Float<B>) -> Result<Float<B>, OpError> {
    let (shape, elem) = (scores.shape().to_vec(), scores.elem);
    let narrow = vec![shape[0], 1];
    let top = Float::<B>::wrap(B::float_max_dim(scores.prim.clone(), 1), narrow.clone(), elem).expand(&shape);
    let size = B::float_abs(scores.prim.clone());
    let takes_part = B::float_greater_elem(size, Scalar::Float(1e-7), BoolDType::Native);
    let rest = scores.clone().mul(top.clone().mul_scalar(-1.0).map(B::float_exp))?;
    let part = scores.sub(top)?.map(B::float_exp);
    let zero = part.clone().mul_scalar(0.0);
    let part = part.select_where(takes_part.clone(), zero);
    let sum = Float::wrap(B::float_sum_dim(part.prim.clone(), 1), narrow, elem);
    part.clone().select_where(takes_part, rest).div(sum)
}

/// The inverse of the normal distribution's integral, by Winitzki's approximation, as
/// onnxruntime has it.
fn probit<B: Engine>(scores: Float<B>) -> Float<B> {
    // erfinv(2p - 1): 1 - (2p - 1)^2 = 4 p (1 - p).
    let square = |t: &Float<B>| t.clone().map(|p| B::float_powi_scalar(p, Scalar::Int(2)));
    let centred = scores.mul_scalar(2.0).add_scalar(-1.0);
    let sign = centred.clone().map(B::float_sign);
    let log = square(&centred).mul_scalar(-1.0).add_scalar(1.0).map(B::float_log);
    let half = log.clone().mul_scalar(0.5).add_scalar(2.0 / (PI * 0.147));
    let squared = square(&half);
    let inside = squared.map(|s| B::float_sub(s, log.mul_scalar(1.0 / 0.147).prim));
    let root = inside.map(B::float_sqrt);
    let size = root.map(|r| B::float_sqrt(B::float_sub(r, half.prim)));
    size.map(|s| B::float_mul(s, sign.prim))
        .mul_scalar(std::f64::consts::SQRT_2)
}
