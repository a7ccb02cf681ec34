//! Losses of classification: `NegativeLogLikelihoodLoss` and `SoftmaxCrossEntropyLoss`.

use burn_backend::TensorData;

use super::pick::pick_floats;
use super::{Call, Entry, Grad};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Fact, Gap, Inferred, Site};
use crate::value::{Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("loss", op, Grad::Yes, run).shape(loss_shape);
    vec![
        e("NegativeLogLikelihoodLoss", |c| {
            let scores = c.float(0)?;
            Ok(vec![Value::Float(likelihood(c, scores)?)])
        }),
        e("SoftmaxCrossEntropyLoss", |c| {
            let scores = c.float(0)?;
            if scores.rank() < 2 || scores.numel() == 0 {
                return Err(OpError::bad(format!(
                    "expected scores of shape [batch, classes, ...], got {:?}",
                    scores.shape()
                )));
            }
            let logs = scores.map(|t| B::log_softmax(t, 1));
            let loss = likelihood(c, logs.clone())?;
            Ok(vec![Value::Float(loss), Value::Float(logs)])
        }),
    ]
}

/// What is asked of every position.
struct Targets {
    /// Indices into the flattened scores.
    flat: Vec<usize>,
    class: Vec<usize>,
    counts: Vec<bool>,
}

fn targets(shape: &[usize], target: &Host, ignore: Option<i64>) -> Result<Targets, OpError> {
    let (classes, inner) = (shape[1], shape[2..].iter().product::<usize>());
    let mut flat = Vec::with_capacity(target.data.len());
    let mut class = Vec::with_capacity(target.data.len());
    let mut counts = Vec::with_capacity(target.data.len());
    for (k, &t) in target.data.iter().enumerate() {
        let ignored = ignore == Some(t);
        let t = match usize::try_from(t) {
            Ok(t) if t < classes => t,
            _ if ignored => 0,
            _ => {
                return Err(OpError::bad(format!(
                    "target {t} is none of {classes} classes; set ignore_index to leave it out"
                )));
            }
        };
        flat.push((k / inner * classes + t) * inner + k % inner);
        class.push(t);
        counts.push(!ignored);
    }
    Ok(Targets { flat, class, counts })
}

/// The mean, sum or map of `-weight[t] * logs[t]`; positions that are ignored weigh nothing.
fn likelihood<B: Engine>(c: &mut Call<'_, B>, logs: Float<B>) -> Result<Float<B>, OpError> {
    let (target, weight) = (c.host(1)?, c.opt_float(2)?);
    let reduction = c.str("reduction", "mean");
    let ignore = match c.node.attrs.get("ignore_index") {
        Some(crate::graph::Attr::Int(v)) => Some(*v),
        _ => None,
    };
    let shape = logs.shape().to_vec();
    let fits = shape.len() >= 2
        && target.shape.len() + 1 == shape.len()
        && target.shape[0] == shape[0]
        && target.shape[1..] == shape[2..]
        && logs.numel() > 0;
    if !fits {
        return Err(OpError::bad(format!(
            "targets of shape {:?} do not fit scores of shape {shape:?}",
            target.shape
        )));
    }
    if weight.as_ref().is_some_and(|w| w.shape() != [shape[1]]) {
        return Err(OpError::bad(format!("the weight does not name {} classes", shape[1])));
    }
    c.reserve(&[target.data.len(), 8])?;
    let Targets { flat, class, counts } = targets(&shape, &target, ignore)?;
    let (elem, dims) = (logs.elem, target.shape.clone());
    // Where nothing counts the number itself is replaced: a weight of zero would keep an infinity.
    let counted = |x: Float<B>| {
        if counts.iter().all(|&k| k) {
            return x;
        }
        let stored = if dims.is_empty() { vec![1] } else { dims.clone() };
        let mask = B::bool_from_data(TensorData::new(counts.clone(), stored), c.device);
        x.select_where(mask, Float::full(0.0, dims.clone(), elem, c.device))
    };
    let mut loss = counted(pick_floats(logs, dims.clone(), &flat)?).mul_scalar(-1.0);
    let weights = match weight {
        Some(w) => {
            let w = counted(pick_floats(w.cast_like(elem), dims.clone(), &class)?);
            loss = loss.mul(w.clone())?;
            Some(w)
        }
        None => None,
    };
    let total = |x: Float<B>| Float::wrap(B::float_sum(x.prim), vec![1], elem).reshape(Vec::new());
    match reduction.as_str() {
        "none" => Ok(loss),
        "sum" => Ok(total(loss)),
        "mean" => {
            let loss = total(loss);
            if let Some(w) = weights {
                loss.div(total(w))
            } else {
                let n = counts.iter().filter(|&&k| k).count();
                Ok(loss.mul_scalar(1.0 / n as f64))
            }
        }
        other => Err(OpError::bad(format!("reduction `{other}` is unknown"))),
    }
}

/// The loss, and for the operator that has it the logarithms of the probabilities.
fn loss_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let loss = if s.str("reduction", "mean") == "none" {
        let target = s.shape(1).map_err(|_| Gap::Unknown(vec![elem]))?;
        Fact::new(elem, target.to_vec())
    } else {
        Fact::new(elem, Vec::new())
    };
    let scores = s
        .shape(0)
        .map_or_else(|_| Fact::typed(elem), |x| Fact::new(elem, x.to_vec()));
    Ok(vec![loss, scores])
}
