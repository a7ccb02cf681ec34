//! `Attention` of ONNX, operator sets 23 to 25.

use super::super::{Call, Out};
use super::core::{Blocked, Heads, Scoring, Stage, attend_plainly, head_count, merge_heads, split_heads};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, contradiction};
use crate::value::{Elem, Host, Value};

pub(super) fn attention<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (q, k, v) = (c.float(0)?, c.float(1)?, c.float(2)?);
    let flat = q.rank() == 3;
    let (q, k, v) = if flat {
        let (hq, hk) = (head_count(c, "q_num_heads")?, head_count(c, "kv_num_heads")?);
        (split_heads(q, hq)?, split_heads(k, hk)?, split_heads(v, hk)?)
    } else {
        (q, k, v)
    };
    let mask = c.take(3);
    let (past_key, past_value) = (c.opt_float(4)?, c.opt_float(5)?);
    let lengths = c.opt_host(6)?;
    let past = past_key.as_ref().map_or(0, |p| p.shape().get(2).copied().unwrap_or(0));
    let (k, v) = match (past_key, past_value) {
        (None, None) => (k, v),
        (Some(pk), Some(pv)) => (extend(c, pk, k)?, extend(c, pv, v)?),
        _ => return Err(OpError::bad("past_key and past_value come together")),
    };
    let (&[batch, heads, queries, size], Some(&keys)) = (q.shape(), k.shape().get(2)) else {
        return Err(OpError::bad("expected three or four dimensions"));
    };
    let scale = match c.node.attrs.get("scale") {
        Some(crate::graph::Attr::Float(v)) => f64::from(*v),
        _ => 1.0 / (size as f64).sqrt(),
    };
    let mut scoring = Scoring::new(scale);
    scoring.softcap = f64::from(c.f("softcap", 0.0));
    scoring.precision = match c.int("softmax_precision", 0) {
        // Narrower types than 32 bits are computed in 32.
        11 => Some(Elem::F64),
        _ => None,
    };
    scoring.shown = c
        .node
        .outputs
        .get(3)
        .copied()
        .flatten()
        .and(Some(match c.int("qk_matmul_output_mode", 0) {
            0 => Stage::Product,
            1 => Stage::Capped,
            2 => Stage::Biased,
            3 => Stage::Probabilities,
            other => return Err(OpError::bad(format!("qk_matmul_output_mode {other} is unknown"))),
        }));
    let full = [batch, heads, queries, keys];
    c.reserve(&full)?;
    let rules = Rules::read(c, lengths.as_ref(), past, full)?;
    let (bias, seen) = read_mask(c, mask, full)?;
    scoring.bias = bias;
    scoring.blocked = rules.blocked(seen.as_ref(), full);
    let present = [k.clone(), v.clone()];
    let (y, shown) = attend_plainly(c, Heads { q, k, v }, scoring)?;
    let mut out = vec![Value::Float(if flat { merge_heads(y) } else { y })];
    out.extend(present.map(Value::Float));
    out.extend(shown.map(Value::Float));
    Ok(out)
}

/// The answer; keys and values with those of earlier calls; the scores.
pub(super) fn shape(s: &Site<'_>) -> Inferred {
    let elems = [0, 1, 2, 0].map(|i| s.elem(i));
    let gap = || Gap::Unknown(elems.to_vec());
    let get = |i: usize| s.shape(i).map_err(|_| gap());
    let (q, k, v) = (get(0)?, get(1)?, get(2)?);
    let flat = q.len() == 3;
    let heads = |x: &[Dim], name: &str| -> Result<Vec<Dim>, Gap> {
        match x {
            [batch, tokens, width] if flat => {
                let n = Dim::from(s.int(name, 1).max(1));
                Ok(vec![batch.clone(), n.clone(), tokens.clone(), width.floor_div(&n)])
            }
            [_, _, _, _] if !flat => Ok(x.to_vec()),
            _ => contradiction("queries, keys and values should have three or four dimensions each"),
        }
    };
    let (q, mut k, mut v) = (
        heads(q, "q_num_heads")?,
        heads(k, "kv_num_heads")?,
        heads(v, "kv_num_heads")?,
    );
    for (i, x) in [(4, &mut k), (5, &mut v)] {
        if s.has(i) {
            x[2] = &x[2] + &s.shape_of_rank(i, 4).map_err(|_| gap())?[2];
        }
    }
    let y = if flat {
        vec![q[0].clone(), q[2].clone(), &q[1] * &v[3]]
    } else {
        vec![q[0].clone(), q[1].clone(), q[2].clone(), v[3].clone()]
    };
    let scores = vec![q[0].clone(), q[1].clone(), q[2].clone(), k[2].clone()];
    Ok([y, k, v, scores]
        .into_iter()
        .zip(elems)
        .map(|(dims, elem)| Fact::new(elem, dims))
        .collect())
}

/// Keys or values behind those of earlier calls.
pub(in super::super) fn extend<B: Engine>(c: &Call<'_, B>, past: Float<B>, now: Float<B>) -> Result<Float<B>, OpError> {
    if past.rank() != 4 || now.rank() != 4 {
        return Err(OpError::bad("past keys and values should have four dimensions"));
    }
    let mut shape = now.shape().to_vec();
    shape[2] = shape[2].saturating_add(past.shape()[2]);
    c.reserve(&shape)?;
    let now = now.cast_like(past.elem);
    Float::concat(vec![past, now], 2)
}

/// Which keys a query may see by its position.
struct Rules {
    causal: bool,
    left: Option<i64>,
    right: Option<i64>,
    /// Position of the first query, for every item of the batch or for all.
    offsets: Vec<i64>,
    /// Keys that are there, for every item of the batch.
    lengths: Option<Vec<i64>>,
}

impl Rules {
    fn read<B: Engine>(
        c: &Call<'_, B>,
        lengths: Option<&Host>,
        past: usize,
        [batch, _, queries, _]: [usize; 4],
    ) -> Result<Self, OpError> {
        let window = |name: &str| Some(c.int(name, -1)).filter(|&v| v >= 0);
        let lengths = lengths.map(|h| h.data.to_vec());
        if lengths.as_ref().is_some_and(|v| v.len() != batch) {
            return Err(OpError::bad("nonpad_kv_seqlen does not fit the batch"));
        }
        let offsets = match &lengths {
            Some(v) if past == 0 => v.iter().map(|n| n.saturating_sub(queries as i64)).collect(),
            _ => vec![past as i64],
        };
        Ok(Self {
            causal: c.int("is_causal", 0) != 0,
            left: window("left_window_size"),
            right: window("right_window_size"),
            offsets,
            lengths,
        })
    }

    fn blocked(&self, seen: Option<&Seen>, [batch, heads, queries, keys]: [usize; 4]) -> Option<Blocked> {
        let placed = self.causal || self.left.is_some() || self.right.is_some();
        if !placed && self.lengths.is_none() && seen.is_none() {
            return None;
        }
        let by_item = self.lengths.is_some() || seen.is_some_and(|s| s.steps[0] > 0);
        let by_head = seen.is_some_and(|s| s.steps[1] > 0);
        let shape = [
            if by_item { batch } else { 1 },
            if by_head { heads } else { 1 },
            queries,
            keys,
        ];
        Some(Blocked::from_fn(shape, |at @ [b, _, i, j]| {
            let offset = self.offsets[if self.offsets.len() > 1 { b } else { 0 }];
            let ahead = (j as i64).saturating_sub((i as i64).saturating_add(offset));
            (self.causal && ahead > 0)
                || self.left.is_some_and(|n| ahead < -n)
                || self.right.is_some_and(|n| ahead > n)
                || self.lengths.as_ref().is_some_and(|n| j as i64 >= n[b])
                || seen.is_some_and(|s| !s.sees(at))
        }))
    }
}

/// A mask of the file: which pairs it lets see each other, read by strides.
pub(in super::super) struct Seen {
    bits: Vec<bool>,
    steps: [usize; 4],
    /// Keys that the mask covers; those behind are hidden.
    keys: usize,
}

impl Seen {
    fn sees(&self, at: [usize; 4]) -> bool {
        if at[3] >= self.keys {
            return false;
        }
        let flat: usize = at.iter().zip(&self.steps).map(|(i, s)| i * s).sum();
        self.bits[flat]
    }
}

/// The mask of the file as a bias and as what it hides: a boolean one hides where it is false, a
/// float one where it is minus infinity, and a short one hides the keys behind its end.
fn read_mask<B: Engine>(
    c: &Call<'_, B>,
    mask: Option<Value<B>>,
    full: [usize; 4],
) -> Result<(Option<Float<B>>, Option<Seen>), OpError> {
    let Some(mask) = mask else { return Ok((None, None)) };
    let shape = mask.shape().to_vec();
    let keys = shape.last().copied().unwrap_or(1);
    let fits = shape.len() <= 4
        && !shape.is_empty()
        && keys <= full[3]
        && shape[..shape.len() - 1]
            .iter()
            .rev()
            .zip(full[..3].iter().rev())
            .all(|(&m, &d)| m == 1 || m == d);
    if !fits {
        return Err(OpError::bad(format!(
            "a mask of shape {shape:?} does not fit scores of shape {full:?}"
        )));
    }
    let mut steps = [0; 4];
    let mut step = 1;
    for (k, &d) in shape.iter().rev().enumerate() {
        steps[3 - k] = if d == 1 { 0 } else { step };
        step *= d;
    }
    // A single column stands for every key; any other number of them covers that many.
    let covered = if keys == 1 { full[3] } else { keys };
    let seen = |bits| Seen {
        bits,
        steps,
        keys: covered,
    };
    match mask {
        Value::Host(h) => Ok((None, Some(seen(h.data.iter().map(|&v| v != 0).collect())))),
        Value::Float(f) => {
            let numbers = f.clone().into_vec()?;
            let hides = |v: &f32| *v == f32::NEG_INFINITY;
            let hidden = numbers.iter().any(hides);
            let mut bias = f;
            if hidden {
                // The place is hidden below; minus infinity itself would spoil sums.
                let mut shape = bias.shape().to_vec();
                let elem = bias.elem;
                let bits: Vec<bool> = numbers.iter().map(hides).collect();
                if shape.is_empty() {
                    shape.push(1);
                }
                let zero = Float::full(0.0, bias.shape().to_vec(), elem, c.device);
                let bits = burn_backend::TensorData::new(bits, shape);
                bias = zero.select_where(B::bool_from_data(bits, c.device), bias);
            }
            if covered < full[3] {
                let mut pads = vec![(0, 0); shape.len()];
                pads[shape.len() - 1] = (0, full[3] - covered);
                bias = bias.pad(&pads, 0.0);
            }
            let seen = (hidden || covered < full[3]).then(|| seen(numbers.iter().map(|v| !hides(v)).collect()));
            Ok((Some(bias), seen))
        }
        other => Err(OpError::bad(format!("input 3: expected a mask, got {}", other.kind()))),
    }
}
