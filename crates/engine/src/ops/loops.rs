//! `Loop` and `Scan`: a body run again and again, with values carried along.
//!
//! How often a body may run is bounded by the memory limit, which counts what is held between runs,
//! and by a number of nodes for all loops of a pass.

use super::body::Body;
use super::pieces::{empty, join, part, slice, stack};
use super::{Call, Entry, Grad, Out, axis};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site};
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    vec![
        Entry::new("loops", "Loop", Grad::Yes, repeat).shape(repeat_shape),
        Entry::new("loops", "Scan", Grad::Yes, |c| {
            if c.opset() < 9 { batched_scan(c) } else { scan(c) }
        })
        .shape(scan_shape),
    ]
}

/// What a body answers, and what holds of the values it carries at every turn: what holds of the first
/// ones, weakened until the body gives back what it is given. `first` is the place of the carried
/// values among the outputs; what stands before and behind them among the inputs is `before`, `after`.
fn settled(
    s: &Site<'_>,
    name: &str,
    before: &[Fact],
    start: &[Fact],
    after: &[Fact],
    first: usize,
) -> Result<(Vec<Fact>, Vec<Fact>), Gap> {
    let (body, captured) = s.body(name)?;
    let bare = |fact: &Fact| Fact {
        content: None,
        ..fact.clone()
    };
    let mut carried: Vec<Fact> = start.iter().map(bare).collect();
    for turn in 0.. {
        let given = [before, &carried, after, &captured].concat();
        let answers = s.infer(body, given);
        let next: Vec<Fact> = carried
            .iter()
            .enumerate()
            .map(|(i, fact)| bare(&fact.or(answers.get(first + i).unwrap_or(&Fact::default()))))
            .collect();
        if next == carried || turn == 3 {
            return Ok((answers, next));
        }
        carried = if turn == 2 {
            carried.iter().map(|f| Fact::typed(f.elem)).collect()
        } else {
            next
        };
    }
    Err(Gap::unknown())
}

/// Carried values as they settle, and stacks of as many turns as nobody knows. After no turn at all a
/// stack has the shape that the file declares, so only that is known of it.
fn repeat_shape(s: &Site<'_>) -> Inferred {
    let turn = [
        Fact::new(Some(Elem::I64), Vec::new()),
        Fact::new(Some(Elem::Bool), Vec::new()),
    ];
    let start: Vec<Fact> = (2..s.arity()).map(|i| s.fact(i).cloned().unwrap_or_default()).collect();
    let count = start.len();
    let (answers, mut out) = settled(s, "body", &turn, &start, &[], 1)?;
    let (body, _) = s.body("body")?;
    for (answer, (_, port)) in answers.iter().zip(&body.outputs).skip(1 + count) {
        let declared = port.shape.as_ref();
        let fixed = declared.is_some_and(|axes| axes.iter().all(|axis| axis.known().is_some()));
        out.push(match &answer.shape {
            Some(shape) if fixed => {
                let mut dims = vec![Dim::unknown_size()];
                dims.extend(shape.iter().cloned());
                Fact::new(answer.elem, dims)
            }
            _ => Fact::typed(answer.elem),
        });
    }
    Ok(out)
}

/// Carried values as they settle, and stacks as long as the sequences.
fn scan_shape(s: &Site<'_>) -> Inferred {
    let scanned = usize::try_from(s.int("num_scan_inputs", 0)).unwrap_or(0);
    if s.opset() < 9 || scanned == 0 || scanned > s.arity() {
        return Err(Gap::unknown());
    }
    let carried = s.arity() - scanned;
    let start: Vec<Fact> = (0..carried).map(|i| s.fact(i).cloned().unwrap_or_default()).collect();
    let at = |name: &str, k: usize| s.ints(name).and_then(|v| v.get(k)).copied().unwrap_or(0);
    let mut length = Dim::unknown_size();
    let mut slices = Vec::with_capacity(scanned);
    for k in 0..scanned {
        let fact = s.fact(carried + k).cloned().unwrap_or_default();
        slices.push(match fact.shape {
            None => Fact::typed(fact.elem),
            Some(mut dims) => {
                length = dims.remove(crate::shapes::axis(at("scan_input_axes", k), dims.len())?);
                Fact::new(fact.elem, dims)
            }
        });
    }
    let (answers, mut out) = settled(s, "body", &[], &start, &slices, 0)?;
    for (k, answer) in answers.iter().skip(carried).enumerate() {
        out.push(match &answer.shape {
            None => Fact::typed(answer.elem),
            Some(shape) => {
                let mut dims = shape.clone();
                dims.insert(
                    crate::shapes::axis(at("scan_output_axes", k), dims.len() + 1)?,
                    length.clone(),
                );
                Fact::new(answer.elem, dims)
            }
        });
    }
    Ok(out)
}

fn scalar<B: Engine>(elem: Elem, v: i64) -> Value<B> {
    Value::Host(Host::new(Vec::new(), elem, vec![v]))
}

fn truth<B: Engine>(value: Value<B>) -> Result<bool, OpError> {
    let condition = value.host()?;
    let first = condition.data.first();
    Ok(*first.ok_or_else(|| OpError::bad("the condition is empty"))? != 0)
}

/// What a body writes at each of its runs, output by output.
struct Written<B: Engine> {
    parts: Vec<Vec<Value<B>>>,
    /// Position of the first of them among the body's outputs.
    first: usize,
}

impl<B: Engine> Written<B> {
    fn new(body: &Body<'_, B>, first: usize) -> Result<Self, OpError> {
        let count = body.outputs().checked_sub(first).ok_or_else(|| {
            OpError::bad(format!(
                "its body has {} outputs, at least {first} are needed",
                body.outputs()
            ))
        })?;
        Ok(Self {
            parts: (0..count).map(|_| Vec::new()).collect(),
            first,
        })
    }

    fn push(&mut self, c: &mut Call<'_, B>, values: Vec<Value<B>>) -> Result<(), OpError> {
        for (part, value) in self.parts.iter_mut().zip(values) {
            // An empty tensor takes room in the list as well.
            c.live = c.live.saturating_add(value.bytes() + size_of::<Value<B>>() as u64);
            part.push(value);
        }
        // Refuses where that is more than there is room for.
        c.reserve(&[])
    }

    /// The parts of output `k` stacked along a new axis `at`; of a body that never ran, nothing, in
    /// the shape that the file declares.
    fn stacked(&mut self, c: &Call<'_, B>, body: &Body<'_, B>, k: usize, at: i64) -> Result<Value<B>, OpError> {
        let parts = std::mem::take(&mut self.parts[k]);
        let Some(first) = parts.first() else {
            let port = body.output(self.first + k);
            let elem = port.and_then(|p| p.elem).unwrap_or(Elem::F32);
            let mut shape: Vec<usize> = port.map_or_else(Vec::new, |p| {
                p.shape.iter().flatten().map(|d| d.known().unwrap_or(0)).collect()
            });
            shape.insert(axis(at, shape.len() + 1)?, 0);
            return Ok(empty(c, shape, elem));
        };
        let at = axis(at, first.shape().len() + 1)?;
        stack(c, parts, at)
    }
}

fn repeat<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let trips = match c.opt_host(0)? {
        Some(h) => Some(*h.data.first().ok_or_else(|| OpError::bad("the trip count is empty"))?),
        None => None,
    };
    let mut go = match c.take(1) {
        Some(condition) => truth(condition)?,
        None => true,
    };
    let carried = c.node.explicit.saturating_sub(2);
    let mut state = (0..carried).map(|i| c.value(i + 2)).collect::<Result<Vec<_>, _>>()?;
    let body = Body::new(c, "body")?;
    let mut written = Written::new(&body, 1 + carried)?;
    let mut i = 0;
    while go && trips.is_none_or(|n| i < n) {
        let mut inputs = vec![scalar(Elem::I64, i), scalar(Elem::Bool, 1)];
        inputs.append(&mut state);
        let mut answers = body.run(c, inputs)?.into_iter();
        go = answers.next().map_or(Ok(false), truth)?;
        state = answers.by_ref().take(carried).collect();
        written.push(c, answers.collect())?;
        i += 1;
    }
    for k in 0..written.parts.len() {
        let value = written.stacked(c, &body, k, 0)?;
        state.push(value);
    }
    Ok(state)
}

/// How one sequence is read or written.
#[derive(Clone, Copy)]
struct Way {
    axis: i64,
    backwards: bool,
}

fn ways<B: Engine>(c: &Call<'_, B>, count: usize, axes: &str, directions: &str) -> Result<Vec<Way>, OpError> {
    let list = |name: &str| -> Result<Vec<i64>, OpError> {
        match c.ints(name) {
            None => Ok(vec![0; count]),
            Some(v) if v.len() == count => Ok(v),
            Some(v) => Err(OpError::bad(format!(
                "{name} holds {} numbers for {count} sequences",
                v.len()
            ))),
        }
    };
    let (axes, directions) = (list(axes)?, list(directions)?);
    Ok(axes
        .into_iter()
        .zip(directions)
        .map(|(axis, d)| Way {
            axis,
            backwards: d != 0,
        })
        .collect())
}

/// Runs the body over every element of `sequences`, which are cut along their first axis.
fn over<B: Engine>(
    c: &mut Call<'_, B>,
    body: &Body<'_, B>,
    mut state: Vec<Value<B>>,
    sequences: &[(Value<B>, usize, bool)],
    length: usize,
) -> Result<(Vec<Value<B>>, Written<B>), OpError> {
    let carried = state.len();
    let mut written = Written::new(body, carried)?;
    for t in 0..length {
        let mut inputs = state;
        for (sequence, at, backwards) in sequences {
            let i = if *backwards { length - 1 - t } else { t };
            inputs.push(slice(c, sequence.clone(), *at, i)?);
        }
        let mut answers = body.run(c, inputs)?.into_iter();
        state = answers.by_ref().take(carried).collect();
        written.push(c, answers.collect())?;
    }
    Ok((state, written))
}

fn counts<B: Engine>(c: &Call<'_, B>, given: usize) -> Result<(usize, usize), OpError> {
    let scanned = usize::try_from(c.int("num_scan_inputs", 0)).unwrap_or(0);
    let carried = given
        .checked_sub(scanned)
        .filter(|_| scanned > 0)
        .ok_or_else(|| OpError::bad(format!("num_scan_inputs is {scanned}, with {given} inputs given")))?;
    Ok((carried, scanned))
}

fn scan<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (carried, scanned) = counts(c, c.node.explicit)?;
    let ways_in = ways(c, scanned, "scan_input_axes", "scan_input_directions")?;
    let state = (0..carried).map(|i| c.value(i)).collect::<Result<Vec<_>, _>>()?;
    let mut sequences = Vec::with_capacity(scanned);
    let mut length = None;
    for (k, way) in ways_in.into_iter().enumerate() {
        let x = c.value(carried + k)?;
        let at = axis(way.axis, x.shape().len())?;
        let n = x.shape()[at];
        if *length.get_or_insert(n) != n {
            return Err(OpError::bad("its sequences differ in length"));
        }
        sequences.push((x, at, way.backwards));
    }
    let body = Body::new(c, "body")?;
    let (mut state, mut written) = over(c, &body, state, &sequences, length.unwrap_or(0))?;
    let ways_out = ways(c, written.parts.len(), "scan_output_axes", "scan_output_directions")?;
    for (k, way) in ways_out.into_iter().enumerate() {
        if way.backwards {
            written.parts[k].reverse();
        }
        let value = written.stacked(c, &body, k, way.axis)?;
        state.push(value);
    }
    Ok(state)
}

/// Operator set 8: every input has a batch axis in front, every sequence its own length.
fn batched_scan<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let lengths = c.opt_host(0)?;
    let (carried, scanned) = counts(c, c.node.explicit.saturating_sub(1))?;
    let ways = ways(c, scanned, "", "directions")?;
    let inputs = (1..c.node.explicit)
        .map(|i| c.value(i))
        .collect::<Result<Vec<_>, _>>()?;
    let [batch, longest] = match inputs[carried].shape() {
        [batch, longest, ..] => [*batch, *longest],
        shape => {
            return Err(OpError::bad(format!(
                "a sequence of shape {shape:?} has no batch and time"
            )));
        }
    };
    for (i, x) in inputs.iter().enumerate() {
        let fits = x.shape().first() == Some(&batch) && (i < carried || x.shape().get(1) == Some(&longest));
        if !fits {
            return Err(OpError::bad("its inputs differ in batch size or length"));
        }
    }
    let body = Body::new(c, "body")?;
    let mut columns: Vec<Vec<Value<B>>> = Vec::new();
    for b in 0..batch {
        let length = match &lengths {
            None => longest,
            Some(h) => h
                .data
                .get(b)
                .and_then(|&v| usize::try_from(v).ok())
                .filter(|&v| v <= longest)
                .ok_or_else(|| OpError::bad("the sequence lengths do not fit the batch"))?,
        };
        let mut rows = Vec::with_capacity(inputs.len());
        for x in &inputs {
            rows.push(slice(c, x.clone(), 0, b)?);
        }
        let mut sequences = Vec::with_capacity(scanned);
        for (x, way) in rows.split_off(carried).into_iter().zip(&ways) {
            sequences.push((part(c, x, 0, 0, length)?, 0, way.backwards));
        }
        let (mut row, mut written) = over(c, &body, rows, &sequences, length)?;
        for k in 0..written.parts.len() {
            let value = written.stacked(c, &body, k, 0)?;
            row.push(padded(c, value, longest)?);
        }
        columns.resize_with(row.len(), Vec::new);
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns.into_iter().map(|column| stack(c, column, 0)).collect()
}

/// Zeros behind a sequence, up to `length`.
fn padded<B: Engine>(c: &Call<'_, B>, value: Value<B>, length: usize) -> Result<Value<B>, OpError> {
    let mut shape = value.shape().to_vec();
    if shape[0] == length {
        return Ok(value);
    }
    shape[0] = length - shape[0];
    c.reserve(&shape)?;
    let numel = shape.iter().product();
    let zeros = match &value {
        Value::Float(f) => Value::Float(Float::full(0.0, shape, f.elem, c.device)),
        Value::Host(h) => Value::Host(Host::new(shape, h.elem, vec![0; numel])),
        other => return Err(other.refuse()),
    };
    join(c, vec![value, zeros], 0)
}
