//! `LinearRegressor` and `LinearClassifier`, with or without a `Scaler` before them.

use glassboard_model::LinearModel;

use super::attributes::Attributes;
use super::{Found, Rows};
use crate::described::Body;
use crate::limits;
use crate::response::Response;

pub(super) fn regressor(attributes: Attributes<'_>, rows: &Rows) -> Option<Found> {
    if attributes.text("post_transform", "NONE") != "NONE" {
        return None;
    }
    let targets = usize::try_from(attributes.int("targets", 1)).ok()?;
    Some(Found {
        body: Body::Linear(weights(attributes, rows, targets)?),
        response: Response::Identity,
        classes: Vec::new(),
    })
}

pub(super) fn classifier(attributes: Attributes<'_>, rows: &Rows) -> Option<Found> {
    let classes = attributes.classes("classlabels_strings", "classlabels_ints");
    let intercepts = attributes.numbers("intercepts")?;
    let outputs = if intercepts.is_empty() {
        classes.len()
    } else {
        intercepts.len()
    };
    let mut linear = weights(attributes, rows, outputs)?;
    let logistic = Response::Logistic { slope: 1.0 };
    let response = match attributes.text("post_transform", "NONE").as_str() {
        "LOGISTIC" if classes.len() == 2 && outputs == 1 => logistic,
        // Two rows of opposite weights are one margin, that of the second class.
        "LOGISTIC" if classes.len() == 2 && outputs == 2 && opposite(&linear) => {
            linear.weights.remove(0);
            linear.intercept.remove(0);
            logistic
        }
        "LOGISTIC" if outputs == classes.len() => logistic,
        "SOFTMAX" if outputs == classes.len() && outputs > 1 => Response::Softmax,
        "NONE" if outputs == classes.len() => Response::Identity,
        _ => return None,
    };
    Some(Found {
        body: Body::Linear(linear),
        response,
        classes,
    })
}

fn opposite(linear: &LinearModel) -> bool {
    let pairs = linear.weights[0]
        .iter()
        .zip(&linear.weights[1])
        .chain(linear.intercept.iter().zip(&linear.intercept[1..]));
    pairs.into_iter().all(|(a, b)| (a + b).abs() <= 1e-5 * a.abs())
}

/// The weights in the units of the rows that come in: a scaler before them is multiplied in.
fn weights(attributes: Attributes<'_>, rows: &Rows, outputs: usize) -> Option<LinearModel> {
    let coefficients = attributes.numbers("coefficients")?;
    if outputs == 0 || outputs > limits::OUTPUTS || coefficients.is_empty() || coefficients.len() % outputs != 0 {
        return None;
    }
    let features = coefficients.len() / outputs;
    if rows.columns.is_some_and(|columns| columns != features) {
        return None;
    }
    let mut intercept = attributes.numbers("intercepts")?;
    if intercept.is_empty() {
        intercept = vec![0.0; outputs];
    }
    if intercept.len() != outputs {
        return None;
    }
    let mut weights: Vec<Vec<f64>> = coefficients.chunks_exact(features).map(<[f64]>::to_vec).collect();
    if let Some((offset, scale)) = &rows.scaler {
        let of = |list: &[f64], at: usize| {
            if list.len() == 1 {
                Some(list[0])
            } else {
                list.get(at).copied()
            }
        };
        for (row, intercept) in weights.iter_mut().zip(&mut intercept) {
            for (at, weight) in row.iter_mut().enumerate() {
                *weight *= of(scale, at)?;
                *intercept -= *weight * of(offset, at)?;
            }
        }
    }
    let finite = weights.iter().flatten().chain(&intercept).all(|v| v.is_finite());
    finite.then_some(LinearModel {
        features,
        weights,
        intercept,
    })
}
