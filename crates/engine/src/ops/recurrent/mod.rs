//! `RNN`, `GRU` and `LSTM`.
//!
//! The input is projected for all steps in one product; then one step after the other runs on plain
//! tensor operations, so that gradients pass through time.

mod activation;
mod cell;

use burn_backend::TensorData;

use super::{Call, Entry, Grad, Out, linear};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, contradiction};
use crate::value::{Host, Value};
use activation::Activation;
use cell::{Cell, Kind, State};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("recurrent", op, Grad::Yes, run).shape(shape);
    vec![
        e("RNN", |c| layer(c, Kind::Rnn)),
        e("GRU", |c| layer(c, Kind::Gru)),
        e("LSTM", |c| layer(c, Kind::Lstm)),
    ]
}

/// `[steps, directions, batch, hidden]`, and the last states without the steps; with the batch in front
/// where the layout says so.
fn shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let gap = || Gap::Unknown(vec![elem; 3]);
    let (x, r) = (s.shape_of_rank(0, 3), s.shape_of_rank(2, 3));
    for side in [&x, &r] {
        if let Err(Gap::Contradiction(text)) = side {
            return contradiction(text.clone());
        }
    }
    let (x, r) = (x.map_err(|_| gap())?, r.map_err(|_| gap())?);
    let (hidden, directions) = (&r[2], &r[0]);
    let (y, last) = if s.int("layout", 0) != 0 {
        (vec![&x[0], &x[1], directions, hidden], vec![&x[0], directions, hidden])
    } else {
        (vec![&x[0], directions, &x[1], hidden], vec![directions, &x[1], hidden])
    };
    let fact = |dims: Vec<&Dim>| Fact::new(elem, dims.into_iter().cloned().collect());
    let last = fact(last);
    Ok(vec![fact(y), last.clone(), last])
}

struct Sizes {
    steps: usize,
    batch: usize,
    hidden: usize,
    directions: usize,
}

fn fits<B: Engine>(x: &Float<B>, shape: &[usize], what: &str) -> Result<(), OpError> {
    if x.shape() == shape {
        return Ok(());
    }
    Err(OpError::bad(format!(
        "{what} has shape {:?}, expected {shape:?}",
        x.shape()
    )))
}

/// Direction `d` of a tensor whose first axis is the direction.
fn direction<B: Engine>(x: &Float<B>, d: usize) -> Float<B> {
    let mut ranges: Vec<(usize, usize)> = x.shape().iter().map(|&n| (0, n)).collect();
    ranges[0] = (d, d + 1);
    let rest = x.shape()[1..].to_vec();
    x.clone().narrow(&ranges).reshape(rest)
}

fn layer<B: Engine>(c: &mut Call<'_, B>, kind: Kind) -> Out<B> {
    let batch_first = c.int("layout", 0) != 0;
    let (forward, backward) = match c.str("direction", "forward").as_str() {
        "forward" => (true, false),
        "reverse" => (false, true),
        "bidirectional" => (true, true),
        other => return Err(OpError::bad(format!("direction `{other}` is unknown"))),
    };
    let directions = usize::from(forward) + usize::from(backward);
    let activations = Activation::read(c, kind.activations(), directions)?;
    let (x, w, r) = (c.float(0)?, c.float(1)?, c.float(2)?);
    let (&[a, b, width], &[_, _, hidden]) = (x.shape(), r.shape()) else {
        return Err(OpError::bad(format!(
            "X of shape {:?} and R of shape {:?} should have three dimensions",
            x.shape(),
            r.shape()
        )));
    };
    let (steps, batch) = if batch_first { (b, a) } else { (a, b) };
    if batch == 0 || width == 0 || hidden == 0 || hidden > isize::MAX as usize / 8 {
        return Err(OpError::bad("an input is empty"));
    }
    let gates = kind.gates() * hidden;
    fits(&w, &[directions, gates, width], "W")?;
    fits(&r, &[directions, gates, hidden], "R")?;
    let sizes = Sizes {
        steps,
        batch,
        hidden,
        directions,
    };
    let bias = c.opt_float(3)?;
    if let Some(bias) = &bias {
        fits(bias, &[directions, 2 * gates], "B")?;
    }
    let lengths = lengths(c.opt_host(4)?, &sizes)?;
    let first = initial(c, 5, &sizes, batch_first)?;
    let first_cell = if kind == Kind::Lstm {
        initial(c, 6, &sizes, batch_first)?
    } else {
        None
    };
    let peephole = if kind == Kind::Lstm { c.opt_float(7)? } else { None };
    if let Some(p) = &peephole {
        fits(p, &[directions, 3 * hidden], "P")?;
    }
    c.reserve(&[steps, batch, gates])?;
    c.reserve(&[steps, directions, batch, hidden])?;
    let x = if batch_first { x.permute(&[1, 0, 2]) } else { x };
    let clip = Some(f64::from(c.f("clip", 0.0))).filter(|&v| v > 0.0);
    let reset_after = c.int("linear_before_reset", 0) != 0;
    let coupled = c.int("input_forget", 0) != 0;

    let (mut all, mut last, mut last_cell) = (Vec::new(), Vec::new(), Vec::new());
    for d in 0..directions {
        let (input_bias, candidate_bias) = match &bias {
            None => (None, None),
            Some(bias) => split_bias(&direction(bias, d), kind, &sizes, reset_after)?,
        };
        let mut projected = if steps == 0 {
            Float::from_vec(Vec::new(), vec![0, batch, gates], x.elem, c.device)
        } else {
            linear::product(c, x.clone(), direction(&w, d).permute(&[1, 0]))?
        };
        if let Some(bias) = input_bias.filter(|_| steps > 0) {
            projected = projected.add(bias)?;
        }
        let cell = Cell {
            kind,
            size: hidden,
            recurrent: direction(&r, d).permute(&[1, 0]),
            candidate_bias,
            peephole: peephole.as_ref().map(|p| {
                let p = direction(p, d);
                [0, 1, 2].map(|k| p.clone().narrow(&[(k * hidden, (k + 1) * hidden)]))
            }),
            activations: &activations[d * kind.activations().len()..(d + 1) * kind.activations().len()],
            clip,
            reset_after,
            coupled,
        };
        let start = |given: &Option<Float<B>>| match given {
            Some(h) => direction(h, d),
            None => Float::full(0.0, vec![batch, hidden], x.elem, c.device),
        };
        let state = State {
            hidden: start(&first),
            cell: (kind == Kind::Lstm).then(|| start(&first_cell)),
        };
        let reverse = backward && (d == 1 || !forward);
        let (outputs, state) = walk(c, &cell, &projected, state, lengths.as_deref(), reverse)?;
        all.push(outputs);
        last.push(state.hidden.reshape(vec![1, batch, hidden]));
        last_cell.extend(state.cell.map(|v| v.reshape(vec![1, batch, hidden])));
    }
    let mut y = Float::concat(all, 1)?;
    let mut ends = vec![Float::concat(last, 0)?];
    if kind == Kind::Lstm {
        ends.push(Float::concat(last_cell, 0)?);
    }
    if batch_first {
        y = y.permute(&[2, 0, 1, 3]);
        ends = ends.into_iter().map(|v| v.permute(&[1, 0, 2])).collect();
    }
    let mut out = vec![Value::Float(y)];
    out.extend(ends.into_iter().map(Value::Float));
    Ok(out)
}

/// The length of every sequence; `None` where all are full.
fn lengths(given: Option<Host>, sizes: &Sizes) -> Result<Option<Vec<usize>>, OpError> {
    let Some(h) = given else { return Ok(None) };
    let lengths: Option<Vec<usize>> = h
        .data
        .iter()
        .map(|&v| usize::try_from(v).ok().filter(|&v| v <= sizes.steps))
        .collect();
    match lengths {
        Some(v) if v.len() == sizes.batch => Ok(Some(v).filter(|v| v.iter().any(|&n| n < sizes.steps))),
        _ => Err(OpError::bad(format!(
            "sequence_lens {:?} do not fit {} sequences of {} steps",
            h.data, sizes.batch, sizes.steps
        ))),
    }
}

/// An initial state as `[directions, batch, hidden]`.
fn initial<B: Engine>(
    c: &mut Call<'_, B>,
    i: usize,
    sizes: &Sizes,
    batch_first: bool,
) -> Result<Option<Float<B>>, OpError> {
    let Some(h) = c.opt_float(i)? else { return Ok(None) };
    let h = if batch_first && h.rank() == 3 {
        h.permute(&[1, 0, 2])
    } else {
        h
    };
    fits(&h, &[sizes.directions, sizes.batch, sizes.hidden], "an initial state")?;
    Ok(Some(h))
}

type Biases<B> = (Option<Float<B>>, Option<Float<B>>);

/// From `[2 * gates * hidden]` what is added to the projected input, and the GRU's recurrent bias of
/// the candidate where the reset gate scales it.
fn split_bias<B: Engine>(bias: &Float<B>, kind: Kind, sizes: &Sizes, reset_after: bool) -> Result<Biases<B>, OpError> {
    let n = kind.gates() * sizes.hidden;
    let (input, own) = (bias.clone().narrow(&[(0, n)]), bias.clone().narrow(&[(n, 2 * n)]));
    if kind != Kind::Gru || !reset_after {
        return Ok((Some(input.add(own)?), None));
    }
    let gates = 2 * sizes.hidden;
    let candidate = own.clone().narrow(&[(gates, n)]);
    let own = own.narrow(&[(0, gates)]).pad(&[(0, sizes.hidden)], 0.0);
    Ok((Some(input.add(own)?), Some(candidate)))
}

/// All steps of one direction: `[steps, 1, batch, hidden]` and the last state. Behind the end of a
/// sequence the state stays and the output is zero.
fn walk<B: Engine>(
    c: &Call<'_, B>,
    cell: &Cell<'_, B>,
    projected: &Float<B>,
    mut state: State<B>,
    lengths: Option<&[usize]>,
    reverse: bool,
) -> Result<(Float<B>, State<B>), OpError> {
    let (steps, batch, gates) = (projected.shape()[0], projected.shape()[1], projected.shape()[2]);
    let shape = vec![1, 1, batch, cell.size];
    let mut outputs = Vec::with_capacity(steps);
    for k in 0..steps {
        let t = if reverse { steps - 1 - k } else { k };
        let x = projected
            .clone()
            .narrow(&[(t, t + 1), (0, batch), (0, gates)])
            .reshape(vec![batch, gates]);
        let next = cell.step(c, x, &state)?;
        let over = lengths.is_some_and(|v| v.iter().any(|&n| t >= n));
        if !over {
            outputs.push(next.hidden.clone().reshape(shape.clone()));
            state = next;
            continue;
        }
        let lengths = lengths.unwrap_or_default();
        let bits: Vec<bool> = lengths
            .iter()
            .flat_map(|&n| std::iter::repeat_n(t < n, cell.size))
            .collect();
        let mask = B::bool_from_data(TensorData::new(bits, vec![batch, cell.size]), c.device);
        let zero = Float::full(0.0, vec![batch, cell.size], next.hidden.elem, c.device);
        outputs.push(
            next.hidden
                .clone()
                .select_where(mask.clone(), zero)
                .reshape(shape.clone()),
        );
        state = State {
            hidden: next.hidden.select_where(mask.clone(), state.hidden),
            cell: match (next.cell, state.cell) {
                (Some(new), Some(old)) => Some(new.select_where(mask, old)),
                (new, _) => new,
            },
        };
    }
    if outputs.is_empty() {
        let nothing = Float::from_vec(Vec::new(), vec![0, 1, batch, cell.size], projected.elem, c.device);
        return Ok((nothing, state));
    }
    if reverse {
        outputs.reverse();
    }
    Ok((Float::concat(outputs, 0)?, state))
}
