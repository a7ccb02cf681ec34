//! Sequences of tensors.

use super::body::Body;
use super::pieces::{join, part, slice, stack};
use super::{Call, Entry, Grad, Out, axis, one_host, sizes};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Fact, only};
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("sequence", op, Grad::Yes, run);
    vec![
        e("SequenceEmpty", |_| Ok(vec![Value::Sequence(Vec::new())])),
        e("SequenceConstruct", |c| {
            let items = (0..c.inputs.len()).map(|i| item(c, i)).collect::<Result<_, _>>()?;
            Ok(vec![Value::Sequence(items)])
        }),
        e("SequenceAt", |c| {
            let mut items = items(c, 0)?;
            let at = position(c, 1, items.len(), false)?.ok_or_else(|| OpError::bad("the position is missing"))?;
            Ok(vec![items.swap_remove(at)])
        }),
        e("SequenceInsert", |c| {
            let mut items = items(c, 0)?;
            let item = item(c, 1)?;
            let at = position(c, 2, items.len(), true)?.unwrap_or(items.len());
            items.insert(at, item);
            Ok(vec![Value::Sequence(items)])
        }),
        e("SequenceErase", |c| {
            let mut items = items(c, 0)?;
            let last = items.len().checked_sub(1);
            let at = position(c, 1, items.len(), false)?.or(last);
            items.remove(at.ok_or_else(|| OpError::bad("the sequence is empty"))?);
            Ok(vec![Value::Sequence(items)])
        }),
        Entry::new("sequence", "SequenceLength", Grad::Stops, |c| {
            let n = items(c, 0)?.len() as i64;
            one_host(Host::new(Vec::new(), Elem::I64, vec![n]))
        })
        .shape(|_| only(Fact::new(Some(Elem::I64), Vec::new()))),
        e("SplitToSequence", split),
        e("ConcatFromSequence", concat),
        e("SequenceMap", map),
    ]
}

fn items<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Vec<Value<B>>, OpError> {
    let items = c
        .value(i)?
        .sequence()
        .map_err(|_| OpError::bad(format!("input {i}: expected a sequence")))?;
    // The list is copied, so that a loop that grows one does work in the square of its length.
    c.runner.steps.take(items.len() / 16)?;
    Ok(items)
}

/// A tensor: sequences hold nothing else.
fn item<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Value<B>, OpError> {
    let value = c.value(i)?;
    match value.elem() {
        Some(_) => Ok(value),
        None => Err(OpError::bad(format!(
            "input {i}: expected a tensor, got {}",
            value.kind()
        ))),
    }
}

/// A position among `n` items, counted from the back where negative; `end` allows the one behind the
/// last.
fn position<B: Engine>(c: &mut Call<'_, B>, i: usize, n: usize, end: bool) -> Result<Option<usize>, OpError> {
    let Some(h) = c.opt_host(i)? else { return Ok(None) };
    let raw = *h.data.first().ok_or_else(|| OpError::bad("the position is empty"))?;
    let top = n as i64 + i64::from(end);
    let at = if raw < 0 { raw.saturating_add(n as i64) } else { raw };
    if !(0..top).contains(&at) {
        return Err(OpError::bad(format!("position {raw} is outside a sequence of {n}")));
    }
    Ok(Some(at as usize))
}

fn split<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let given = c.opt_host(1)?;
    let keep = c.int("keepdims", 1) != 0;
    let x = c.value(0)?;
    let at = axis(c.int("axis", 0), x.shape().len())?;
    let total = x.shape()[at];
    let lengths = match &given {
        None => vec![1; total],
        Some(h) if h.shape.is_empty() => {
            let each = usize::try_from(h.data[0])
                .ok()
                .filter(|&n| n > 0)
                .ok_or_else(|| OpError::bad(format!("pieces of {} elements", h.data[0])))?;
            (0..total.div_ceil(each)).map(|k| each.min(total - k * each)).collect()
        }
        Some(h) => sizes(&h.data, "split")?,
    };
    if lengths.iter().try_fold(0usize, |a, &b| a.checked_add(b)) != Some(total) {
        return Err(OpError::bad(format!("split {lengths:?} does not add up to {total}")));
    }
    c.reserve(x.shape())?;
    let mut start = 0;
    let mut pieces = Vec::with_capacity(lengths.len());
    for length in lengths {
        pieces.push(if given.is_none() && !keep {
            slice(c, x.clone(), at, start)?
        } else {
            part(c, x.clone(), at, start, start + length)?
        });
        start += length;
    }
    Ok(vec![Value::Sequence(pieces)])
}

fn concat<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let new = c.int("new_axis", 0) != 0;
    let raw = c.int("axis", 0);
    let parts = items(c, 0)?;
    let rank = parts.first().map_or(0, |p| p.shape().len());
    let at = axis(raw, rank + usize::from(new))?;
    Ok(vec![if new { stack(c, parts, at)? } else { join(c, parts, at)? }])
}

/// Runs the body on the items at one position of every sequence; plain inputs go to every run.
fn map<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let inputs = (0..c.node.explicit)
        .map(|i| c.value(i))
        .collect::<Result<Vec<_>, _>>()?;
    let Some(Value::Sequence(first)) = inputs.first() else {
        return Err(OpError::bad("input 0: expected a sequence"));
    };
    let length = first.len();
    if inputs
        .iter()
        .any(|v| matches!(v, Value::Sequence(s) if s.len() != length))
    {
        return Err(OpError::bad("its sequences differ in length"));
    }
    let body = Body::new(c, "body")?;
    let mut answers: Vec<Vec<Value<B>>> = (0..body.outputs()).map(|_| Vec::new()).collect();
    for i in 0..length {
        let row = inputs
            .iter()
            .map(|v| match v {
                Value::Sequence(items) => items[i].clone(),
                other => other.clone(),
            })
            .collect();
        for (answer, value) in answers.iter_mut().zip(body.run(c, row)?) {
            c.live = c.live.saturating_add(value.bytes());
            answer.push(value);
        }
        c.reserve(&[])?;
    }
    Ok(answers.into_iter().map(Value::Sequence).collect())
}
