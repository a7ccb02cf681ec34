//! `FlexAttention` of `ai.onnx.preview`: attention whose scores and probabilities subgraphs rewrite.

use super::super::body::Body;
use super::super::{Call, Out, one};
use super::core::{Heads, Scoring, Stage, attend};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Fact, Gap, Inferred, Site, only};
use crate::value::{Elem, Value};

pub(super) fn shape(s: &Site<'_>) -> Inferred {
    let rank = |i: usize| s.shape_of_rank(i, 4).map_err(|_| Gap::Unknown(vec![s.elem(2)]));
    let (q, v) = (rank(0)?, rank(2)?);
    only(Fact::new(
        s.elem(2),
        vec![q[0].clone(), q[1].clone(), q[2].clone(), v[3].clone()],
    ))
}

pub(super) fn flex_attention<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (q, k, v) = (c.float(0)?, c.float(1)?, c.float(2)?);
    let size = q.shape().last().copied().unwrap_or(1);
    let scale = match c.node.attrs.get("scale") {
        Some(crate::graph::Attr::Float(v)) => f64::from(*v),
        _ => 1.0 / (size as f64).sqrt(),
    };
    let score_mod = Body::find(c, "score_mod")?;
    let prob_mod = Body::find(c, "prob_mod")?;
    let elem = v.elem;
    let mut scoring = Scoring::new(scale);
    scoring.precision = Some(match c.int("softmax_precision", 0) {
        11 => Elem::F64,
        0 if q.elem == Elem::F64 => Elem::F64,
        10 => Elem::F16,
        16 => Elem::BF16,
        _ => Elem::F32,
    });
    let (y, _) = attend(c, Heads { q, k, v }, scoring, &mut |c, stage, x| {
        let body = match stage {
            Stage::Biased => &score_mod,
            _ => &prob_mod,
        };
        let Some(body) = body else { return Ok(x) };
        let shape = x.shape().to_vec();
        let answer = body.run(c, vec![Value::Float(x)])?;
        match answer.into_iter().next() {
            Some(Value::Float(y)) if y.shape() == shape => Ok(y),
            _ => Err(OpError::bad("a modifier does not answer the shape it is given")),
        }
    })?;
    one(y.cast(elem))
}
