//! `GroupQueryAttention` of onnxruntime: causal attention with a cache of keys and values, and rotary
//! embedding.

use super::super::attention::core::{Blocked, Heads, Scoring, Stage, attend, head_count, merge_heads, split_heads};
use super::super::attention::rotary::{Angles, rotate};
use super::super::{Call, Out};
use super::attention::scale;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Inferred, Site};
use crate::value::{Host, Value};

/// How far the tokens of every item of the batch have come.
struct Places {
    /// Tokens that were there before.
    past: Vec<usize>,
    /// Tokens that are there now.
    total: Vec<usize>,
    /// Length of the cache that is answered.
    length: usize,
}

impl Places {
    /// `lengths` holds each item's tokens but one, `longest` the most tokens of any item.
    fn new(lengths: &Host, longest: &Host, batch: usize, queries: usize, cache: usize) -> Result<Self, OpError> {
        let longest = longest.data.first().and_then(|&v| usize::try_from(v).ok());
        let longest = longest.ok_or_else(|| OpError::bad("total_sequence_length is no length"))?;
        if lengths.data.len() != batch {
            return Err(OpError::bad(format!(
                "{} lengths for {batch} items",
                lengths.data.len()
            )));
        }
        let first = longest == queries;
        let (mut past, mut total) = (Vec::new(), Vec::new());
        for &n in &lengths.data[..] {
            let n = usize::try_from(n.saturating_add(1)).ok().filter(|&n| n <= longest);
            let n = n.ok_or_else(|| OpError::bad("a length of seqlens_k is out of range"))?;
            let before = if first { Some(0) } else { n.checked_sub(queries) };
            past.push(before.ok_or_else(|| OpError::bad(format!("{n} tokens with {queries} of them new")))?);
            total.push(n);
        }
        Ok(Self {
            past,
            total,
            length: cache.max(longest),
        })
    }

    /// The cache with the new tokens behind the old: `[batch, heads, length, size]`.
    fn extend<B: Engine>(&self, c: &Call<'_, B>, cache: Option<Float<B>>, new: &Float<B>) -> Result<Float<B>, OpError> {
        let &[batch, heads, tokens, size] = new.shape() else {
            return Err(OpError::bad("keys and values should have four dimensions"));
        };
        let cache = cache.filter(|p| p.numel() > 0);
        if let Some(cache) = &cache
            && (cache.rank() != 4 || cache.shape()[0] != batch || cache.shape()[1] != heads || cache.shape()[3] != size)
        {
            return Err(OpError::bad(format!(
                "a cache of shape {:?} does not fit {:?}",
                cache.shape(),
                new.shape()
            )));
        }
        c.reserve(&[2, batch, heads, self.length, size])?;
        let mut rows = Vec::with_capacity(batch);
        for b in 0..batch {
            let row = |x: &Float<B>, to: usize| x.clone().narrow(&[(b, b + 1), (0, heads), (0, to), (0, size)]);
            let mut parts = Vec::new();
            let past = self.past[b];
            if past > 0 {
                let cache = cache.as_ref().filter(|p| p.shape()[2] >= past);
                parts.push(row(
                    cache.ok_or_else(|| OpError::bad("the cache is shorter than its tokens"))?,
                    past,
                ));
            }
            let room = self.length - past;
            parts.push(row(new, tokens.min(room)));
            if tokens < room {
                let empty = vec![1, heads, room - tokens, size];
                parts.push(Float::full(0.0, empty, new.elem, c.device));
            }
            rows.push(Float::concat(parts, 2)?);
        }
        Float::concat(rows, 0)
    }
}

/// Rotates `[batch, heads, sequence, size]`.
fn turned<B: Engine>(c: &Call<'_, B>, x: Float<B>, angles: &Angles<B>, interleaved: bool) -> Result<Float<B>, OpError> {
    Ok(rotate(c, x.permute(&[0, 2, 1, 3]), angles, interleaved)?.permute(&[0, 2, 1, 3]))
}

/// The answer; of the caches the number of dimensions.
#[expect(clippy::unnecessary_wraps, reason = "a shape rule answers `Inferred`")]
pub(super) fn shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let cache = || Fact::ranked(elem, 4);
    let y = match s.shape(0) {
        Ok([b, t, width]) => {
            let (heads, shared) = (s.int("num_heads", 1).max(1), s.int("kv_num_heads", 1).max(1));
            let width = if s.has(1) {
                width.clone()
            } else {
                let all = Dim::from(shared.saturating_mul(2).saturating_add(heads));
                &width.floor_div(&all) * heads
            };
            Fact::new(elem, vec![b.clone(), t.clone(), width])
        }
        _ => Fact::ranked(elem, 3),
    };
    Ok(vec![y, cache(), cache()])
}

pub(super) fn grouped<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (heads, shared) = (head_count(c, "num_heads")?, head_count(c, "kv_num_heads")?);
    let query = c.float(0)?;
    let (key, value) = (c.opt_float(1)?, c.opt_float(2)?);
    let (past_key, past_value) = (c.opt_float(3)?, c.opt_float(4)?);
    let (lengths, longest) = (c.host(5)?, c.host(6)?);
    let (cos, sin, positions) = (c.opt_float(7)?, c.opt_float(8)?, c.opt_host(9)?);
    let (bias, sink) = (c.opt_float(10)?, c.opt_float(11)?);
    if (12..c.inputs.len()).any(|i| c.has(i)) {
        return Err(OpError::unsupported("quantised caches"));
    }
    if c.node.outputs.get(3).copied().flatten().is_some() {
        return Err(OpError::unsupported("the output of the scores"));
    }
    let &[batch, queries, width] = query.shape() else {
        return Err(OpError::bad("the query should have three dimensions"));
    };
    let (q, k, v) = match (key, value) {
        (Some(k), Some(v)) => (
            split_heads(query, heads)?,
            split_heads(k, shared)?,
            split_heads(v, shared)?,
        ),
        (None, None) => {
            let count = shared.saturating_mul(2).saturating_add(heads);
            let all = split_heads(query, count)?;
            let size = width / count;
            let part = |from: usize, to: usize| all.clone().narrow(&[(0, batch), (from, to), (0, queries), (0, size)]);
            (
                part(0, heads),
                part(heads, heads + shared),
                part(heads + shared, heads + 2 * shared),
            )
        }
        _ => return Err(OpError::bad("key and value come together")),
    };
    let cache = past_key.as_ref().map_or(0, |p| p.shape().get(2).copied().unwrap_or(0));
    let places = Places::new(&lengths, &longest, batch, queries, cache)?;
    let (q, k) = if c.int("do_rotary", 0) != 0 {
        let (Some(cos), Some(sin)) = (cos, sin) else {
            return Err(OpError::bad("do_rotary is set, but there are no caches of angles"));
        };
        let last = cos.shape().first().map_or(0, |&n| n as i64 - 1);
        let at: Vec<i64> = match positions {
            Some(h) => h.data.to_vec(),
            // Padding behind the end of a sequence has no position; any will do.
            None => (0..batch)
                .flat_map(|b| (0..queries).map(move |i| (b, i)))
                .map(|(b, i)| ((places.past[b] + i) as i64).min(last))
                .collect(),
        };
        let angles = Angles::at(c, cos, sin, &at, [batch, queries])?;
        let interleaved = c.int("rotary_interleaved", 0) != 0;
        (turned(c, q, &angles, interleaved)?, turned(c, k, &angles, interleaved)?)
    } else {
        (q, k)
    };
    let (k, v) = (places.extend(c, past_key, &k)?, places.extend(c, past_value, &v)?);
    let window = usize::try_from(c.int("local_window_size", -1)).ok().filter(|&n| n > 0);
    let mut scoring = Scoring::new(scale(c, q.shape()[3]));
    scoring.softcap = f64::from(c.f("softcap", 0.0));
    scoring.bias = bias;
    c.reserve(&[batch, queries, places.length])?;
    scoring.blocked = Some(Blocked::from_fn([batch, 1, queries, places.length], |[b, _, i, j]| {
        let own = places.past[b] + i;
        j > own || j >= places.total[b] || window.is_some_and(|n| own - j >= n)
    }));
    let smooth = c.int("smooth_softmax", 0) != 0 || sink.is_some();
    let present = [k.clone(), v.clone()];
    let length = places.length;
    let (y, _) = attend(c, Heads { q, k, v }, scoring, &mut |c, stage, x| {
        if !smooth {
            return Ok(x);
        }
        // One more key that has a score and no value.
        if stage == Stage::Probabilities {
            return Ok(x.narrow(&[(0, batch), (0, heads), (0, queries), (0, length)]));
        }
        let column = [batch, heads, queries, 1];
        let extra = match &sink {
            None => Float::full(0.0, column.to_vec(), x.elem, c.device),
            Some(s) if s.shape() == [heads] => s
                .clone()
                .reshape(vec![1, heads, 1, 1])
                .cast_like(x.elem)
                .expand(&column),
            Some(s) => return Err(OpError::bad(format!("head_sink has shape {:?}", s.shape()))),
        };
        Float::concat(vec![x, extra], 3)
    })?;
    let mut out = vec![Value::Float(merge_heads(y))];
    out.extend(present.map(Value::Float));
    Ok(out)
}
