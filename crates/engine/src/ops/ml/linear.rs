//! `LinearClassifier` and `LinearRegressor`.

use super::super::{Call, Entry, Grad, Out, linear, one};
use super::labels::{Labels, largest};
use super::transform::Transform;
use super::{classified, entry, matrix, scored};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::Dim;
use crate::value::{Elem, Value};

const FAMILY: &str = "ml/linear";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        entry(FAMILY, "LinearClassifier", Grad::Yes, classifier).shape(|s| {
            let scores = s.floats("intercepts").map_or(0, <[f32]>::len);
            let pair = scores == 1 && s.ints("classlabels_ints").is_none_or(|v| v.len() == 2);
            let columns = if scores == 0 || pair {
                Dim::unknown_size()
            } else {
                scores.into()
            };
            classified(s, "classlabels_strings", columns)
        }),
        entry(FAMILY, "LinearRegressor", Grad::Yes, regressor)
            .shape(|s| scored(s, s.int("targets", 1).into()))
            .limits("one target: of the transforms only PROBIT, as in onnxruntime"),
    ]
}

/// `x @ w^T + b`: `x` `[rows, features]`, `w` `[targets, features]`, `b` `[targets]` or empty.
pub(super) fn affine<B: Engine>(
    c: &Call<'_, B>,
    x: Float<B>,
    weights: &[f32],
    bias: &[f32],
    targets: usize,
) -> Result<Float<B>, OpError> {
    let features = x.shape()[1];
    if targets.checked_mul(features) != Some(weights.len()) || !(bias.is_empty() || bias.len() == targets) {
        return Err(OpError::bad(format!(
            "{} coefficients and {} intercepts do not fit {targets} targets of {features} features",
            weights.len(),
            bias.len()
        )));
    }
    let w = c.tensor_from(weights.to_vec(), vec![targets, features], x.elem);
    let y = linear::product(c, x, w.permute(&[1, 0]))?;
    if bias.is_empty() {
        return Ok(y);
    }
    let b = c.tensor_from(bias.to_vec(), vec![targets], y.elem);
    y.add(b)
}

fn classifier<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let transform = Transform::read(c)?;
    let labels = Labels::read(c, "classlabels_ints", "classlabels_strings");
    let x = matrix(c, 0)?.cast(Elem::F32);
    let (weights, bias) = (c.floats("coefficients"), c.floats("intercepts"));
    let targets = if bias.is_empty() {
        weights.len() / x.shape()[1].max(1)
    } else {
        bias.len()
    };
    let scores = affine(c, x, weights, bias, targets)?;
    let plain = scores.clone().into_vec()?;
    if targets == 1 {
        let positive: Vec<usize> = plain.iter().map(|&s| usize::from(s > 0.0)).collect();
        let scores = if labels.len() == 2 {
            transform.pair(scores, false)?
        } else {
            transform.apply(scores)?
        };
        return Ok(vec![labels.of_sign().pick(&positive), Value::Float(scores)]);
    }
    if labels.len() < targets {
        return Err(OpError::bad(format!("{} labels for {targets} scores", labels.len())));
    }
    let top = labels.pick(&largest(&plain, targets));
    Ok(vec![top, Value::Float(transform.apply(scores)?)])
}

fn regressor<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let transform = Transform::read(c)?;
    let targets = usize::try_from(c.int("targets", 1)).unwrap_or(0);
    let x = matrix(c, 0)?.cast(Elem::F32);
    let scores = affine(c, x, c.floats("coefficients"), c.floats("intercepts"), targets)?;
    one(transform.regression(scores)?)
}
