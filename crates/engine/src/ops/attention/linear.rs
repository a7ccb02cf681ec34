//! `LinearAttention`: attention as a recurrence on a matrix of state, with decay and the delta rule.

use super::super::{Call, Out};
use super::core::{head_count, split_heads};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site};
use crate::value::{Elem, Value};

/// A factor a token, `[batch, heads or 1, tokens, width]`, from `[batch, tokens, heads * width]`.
fn per_token<B: Engine>(
    x: Float<B>,
    b: usize,
    t: usize,
    widths: &[(usize, usize)],
    what: &str,
) -> Result<Float<B>, OpError> {
    let last = x.shape().last().copied().unwrap_or(0);
    match widths.iter().find(|(heads, width)| heads * width == last) {
        Some(&(heads, width)) if x.shape() == [b, t, last] => {
            Ok(x.reshape(vec![b, t, heads, width]).permute(&[0, 2, 1, 3]))
        }
        _ => Err(OpError::bad(format!(
            "{what} has shape {:?}, which does not fit",
            x.shape()
        ))),
    }
}

/// Token `t` of `[batch, heads, tokens, width]`, as `[batch, heads, a, b]` of the same size.
fn token<B: Engine>(x: &Float<B>, t: usize, shape: [usize; 2]) -> Float<B> {
    let (b, h, width) = (x.shape()[0], x.shape()[1], x.shape()[3]);
    x.clone()
        .narrow(&[(0, b), (0, h), (t, t + 1), (0, width)])
        .reshape(vec![b, h, shape[0], shape[1]])
}

/// The answer `[batch, tokens, heads * width]` and the state.
pub(super) fn shape(s: &Site<'_>) -> Inferred {
    let state = if s.has(3) { s.elem(3) } else { s.elem(0) };
    let gap = || Gap::Unknown(vec![s.elem(0), state]);
    let rank = |i: usize| s.shape_of_rank(i, 3).map_err(|_| gap());
    let (q, v) = (rank(0)?, rank(2)?);
    let (hq, hk) = (
        Dim::from(s.int("q_num_heads", 1).max(1)),
        Dim::from(s.int("kv_num_heads", 1).max(1)),
    );
    let (dk, dv) = (q[2].floor_div(&hq), v[2].floor_div(&hk));
    let y = vec![q[0].clone(), q[1].clone(), &hq * &dv];
    Ok(vec![
        Fact::new(s.elem(0), y),
        Fact::new(state, vec![q[0].clone(), hk, dk, dv]),
    ])
}

pub(super) fn linear_attention<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (hq, hk) = (head_count(c, "q_num_heads")?, head_count(c, "kv_num_heads")?);
    let rule = c.str("update_rule", "gated_delta");
    let (gated, delta) = match rule.as_str() {
        "linear" => (false, false),
        "gated" => (true, false),
        "delta" => (false, true),
        "gated_delta" => (true, true),
        other => return Err(OpError::bad(format!("update_rule `{other}` is unknown"))),
    };
    let (q, k, v) = (c.float(0)?, c.float(1)?, c.float(2)?);
    let (past, decay, beta) = (c.opt_float(3)?, c.opt_float(4)?, c.opt_float(5)?);
    if decay.is_some() != gated || beta.is_some() != delta || !hq.is_multiple_of(hk) {
        return Err(OpError::bad(format!(
            "decay, beta and {hq} query heads over {hk} do not fit the rule `{rule}`"
        )));
    }
    let (elem, wide) = (q.elem, if q.elem == Elem::F64 { Elem::F64 } else { Elem::F32 });
    let (q, k, v) = (split_heads(q, hq)?, split_heads(k, hk)?, split_heads(v, hk)?);
    let (&[b, _, t, dk], &[_, _, _, dv]) = (q.shape(), v.shape()) else {
        return Err(OpError::bad("expected three dimensions"));
    };
    if k.shape() != [b, hk, t, dk] || v.shape() != [b, hk, t, dv] || b * t * dk * dv == 0 {
        return Err(OpError::bad("queries, keys and values do not fit each other"));
    }
    let decay = decay
        .map(|x| per_token(x, b, t, &[(hk, 1), (hk, dk)], "decay"))
        .transpose()?;
    let beta = beta
        .map(|x| per_token(x, b, t, &[(hk, 1), (1, 1)], "beta"))
        .transpose()?;
    let state_shape = vec![b, hk, dk, dv];
    c.reserve(&[4, b, hk, dk, dv])?;
    c.reserve(&[b, t, hq, dv])?;
    let state_elem = past.as_ref().map_or(elem, |p| p.elem);
    let mut state = match past {
        Some(p) if p.shape() == state_shape => p.cast_like(wide),
        Some(p) => {
            return Err(OpError::bad(format!(
                "past_state has shape {:?}, expected {state_shape:?}",
                p.shape()
            )));
        }
        None => Float::full(0.0, state_shape, wide, c.device),
    };
    let scale = match c.f("scale", 0.0) {
        0.0 => 1.0 / (dk as f64).sqrt(),
        given => f64::from(given),
    };
    let group = hq / hk;
    let q = q.mul_scalar(scale);
    let mut outputs = Vec::with_capacity(t);
    for i in 0..t {
        let key = token(&k, i, [dk, 1]);
        let mut value = token(&v, i, [1, dv]);
        if let Some(decay) = &decay {
            let width = decay.shape()[3];
            state = state.mul(token(decay, i, [width, 1]).map(B::float_exp))?;
        }
        if let Some(beta) = &beta {
            let known = key.clone().permute(&[0, 1, 3, 2]).matmul(state.clone())?;
            value = value.sub(known)?.mul(token(beta, i, [1, 1]))?;
        }
        state = state.add(key.mul(value)?)?;
        // Query heads that share a state stand below each other.
        let width = q.shape()[3];
        let query = q
            .clone()
            .narrow(&[(0, b), (0, hq), (i, i + 1), (0, width)])
            .reshape(vec![b, hk, group, dk]);
        outputs.push(query.matmul(state.clone())?.reshape(vec![b, 1, hq * dv]));
    }
    let y = Float::concat(outputs, 1)?;
    Ok(vec![Value::Float(y.cast(elem)), Value::Float(state.cast(state_elem))])
}
