//! Some elements of a value, or some more than once.

use super::super::dim::Dim;
use super::super::fact::{Fact, unknown_shape};
use super::super::site::{Gap, Inferred, Site, axes, axis, contradiction};
use super::broadcast_dims;
use super::elementwise::spread;

/// Ends and starts from here on mean "to the end"; exporters write the largest 32- or 64-bit number.
const FAR: i64 = i32::MAX as i64;

fn typed(s: &Site<'_>) -> Gap {
    Gap::Unknown(vec![s.elem(0)])
}

/// `Gather`.
pub fn gather(s: &Site<'_>) -> Inferred {
    let (Ok(x), Ok(index)) = (s.shape(0), s.shape(1)) else {
        return Err(typed(s));
    };
    let at = s.axis(0, x.len())?;
    let mut shape = x[..at].to_vec();
    shape.extend_from_slice(index);
    shape.extend_from_slice(&x[at + 1..]);
    let out = Fact::new(s.elem(0), shape);
    Ok(vec![match s.numbers(1) {
        Ok(rows) => {
            let content = taken(s, at, &rows)?;
            out.holding(content)
        }
        Err(_) => out,
    }])
}

/// Elements of the first input at these places of one axis.
fn taken(s: &Site<'_>, at: usize, rows: &[i64]) -> Result<Option<Vec<Dim>>, Gap> {
    let x = s.shape(0)?;
    if let Some(n) = x[at].number()
        && let Some(bad) = rows.iter().find(|i| !(-n..n).contains(*i))
    {
        return contradiction(format!("index {bad} is out of range for {n} elements"));
    }
    let Some(content) = s.fact(0)?.whole() else {
        return Ok(None);
    };
    let Some(sizes) = x.iter().map(Dim::known).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let (n, inner): (usize, usize) = (sizes[at], sizes[at + 1..].iter().product());
    let outer: usize = sizes[..at].iter().product();
    let mut out = Vec::new();
    for o in 0..outer {
        for &i in rows {
            let row = i.rem_euclid((n as i64).max(1)) as usize;
            let start = (o * n + row) * inner;
            out.extend_from_slice(content.get(start..start + inner).unwrap_or_default());
        }
        if out.len() > super::super::fact::MAX_CONTENT {
            return Ok(None);
        }
    }
    Ok(Some(out))
}

/// `GatherElements`: the shape of the indices.
pub fn gather_elements(s: &Site<'_>) -> Inferred {
    let index = s.shape(1).map_err(|_| typed(s))?;
    Ok(vec![Fact::new(s.elem(0), index.to_vec())])
}

/// `GatherND`.
pub fn gather_nd(s: &Site<'_>) -> Inferred {
    let (Ok(x), Ok(index)) = (s.shape(0), s.shape(1)) else {
        return Err(typed(s));
    };
    let batch = usize::try_from(s.int("batch_dims", 0)).unwrap_or(0);
    let Some((depth, lead)) = index.split_last() else {
        return contradiction("the indices are a scalar");
    };
    let depth = depth.known().ok_or_else(|| typed(s))?;
    let Some(tail) = x.get(batch.saturating_add(depth)..) else {
        return contradiction(format!("tuples of {depth} indices for {} dimensions", x.len()));
    };
    Ok(vec![Fact::new(s.elem(0), [lead, tail].concat())])
}

/// Where a slice begins or ends on an axis of `d` elements, within `low..=high`.
fn edge(at: &Dim, d: &Dim, low: &Dim, high: &Dim) -> Dim {
    match at.number() {
        Some(v) if v >= FAR => return high.clone(),
        Some(v) if v <= -FAR => return low.clone(),
        _ => {}
    }
    let from_front = if at.at_least(0) {
        at.clone()
    } else if at.at_most(-1) {
        d + at
    } else {
        return Dim::unknown();
    };
    from_front.smaller(high).larger(low)
}

/// Elements left on an axis of `d` by a slice.
fn sliced(d: &Dim, start: &Dim, end: &Dim, step: i64) -> Dim {
    let zero = Dim::from(0);
    let length = if step > 0 {
        let (start, end) = (edge(start, d, &zero, d), edge(end, d, &zero, d));
        (&end - &start).ceil_div(&step.into())
    } else {
        let (low, high) = (Dim::from(-1), d - 1);
        let (start, end) = (edge(start, d, &low, &high), edge(end, d, &low, &high));
        (&start - &end).ceil_div(&Dim::from(step.saturating_neg()))
    };
    if length.is_unknown() {
        Dim::unknown_size()
    } else {
        length.larger(&zero)
    }
}

/// `Slice`.
pub fn slice(s: &Site<'_>) -> Inferred {
    let x = s.shape(0).map_err(|_| typed(s))?;
    let starts = s.dims_or_input("starts", 1).ok().flatten();
    let ends = s.dims_or_input("ends", 2).ok().flatten();
    let count = [1, 2].iter().find_map(|&i| s.shape(i).ok()?.first()?.known());
    let count = starts.as_ref().or(ends.as_ref()).map(Vec::len).or(count);
    let along = match s.ints_or_input("axes", 3) {
        Ok(Some(a)) => a,
        Ok(None) if count.is_some() => (0..count.unwrap_or(0) as i64).collect(),
        _ => return Ok(vec![Fact::ranked(s.elem(0), x.len())]),
    };
    axes(&along, x.len())?;
    let steps = if s.has(4) {
        s.numbers(4).ok()
    } else {
        Some(vec![1; along.len()])
    };
    let mut shape = x.to_vec();
    for (k, &a) in along.iter().enumerate() {
        let at = axis(a, x.len())?;
        let get = |v: &Option<Vec<Dim>>| v.as_ref().and_then(|v| v.get(k).cloned());
        shape[at] = match (get(&starts), get(&ends), steps.as_ref().and_then(|v| v.get(k))) {
            (_, _, Some(0)) => return contradiction("a step is zero"),
            (Some(start), Some(end), Some(&step)) => sliced(&x[at], &start, &end, step),
            _ => Dim::unknown_size(),
        };
    }
    let out = Fact::new(s.elem(0), shape);
    // Contents of a vector: shapes are sliced.
    let content = match (s.fact(0)?.whole(), &starts, &ends, &steps) {
        (Some(content), Some(starts), Some(ends), Some(steps)) if x.len() == 1 && along.len() == 1 => {
            picked(content, &starts[0], &ends[0], steps[0])
        }
        (Some(content), ..) if along.is_empty() => Some(content.to_vec()),
        _ => None,
    };
    Ok(vec![out.holding(content)])
}

fn picked(content: &[Dim], start: &Dim, end: &Dim, step: i64) -> Option<Vec<Dim>> {
    let d = Dim::from(content.len());
    let (low, high) = if step > 0 {
        (0.into(), d.clone())
    } else {
        (Dim::from(-1), &d - 1)
    };
    let mut at = edge(start, &d, &low, &high).number()?;
    let end = edge(end, &d, &low, &high).number()?;
    let mut out = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        out.push(content.get(usize::try_from(at).ok()?)?.clone());
        at = at.checked_add(step)?;
    }
    Some(out)
}

/// `Split`.
pub fn split(s: &Site<'_>) -> Inferred {
    let n = s.outputs();
    let x = s.shape(0).map_err(|_| Gap::Unknown(vec![s.elem(0); n]))?;
    let at = s.axis(0, x.len())?;
    let total = &x[at];
    let parts: Vec<Dim> = match s.dims_or_input("split", 1) {
        Ok(Some(parts)) => parts,
        Ok(None) => {
            let n = s.int("num_outputs", n as i64).clamp(1, 1 << 20);
            let each = total.ceil_div(&n.into());
            let last = total - &(&each * (n - 1));
            (0..n)
                .map(|i| if i + 1 == n { last.clone() } else { each.clone() })
                .collect()
        }
        Err(_) => (0..n).map(|_| Dim::unknown_size()).collect(),
    };
    if s.has(1) || s.ints("split").is_some() {
        let sum = parts.iter().fold(Dim::from(0), |acc, d| &acc + d);
        if sum.differs(total) {
            return contradiction(format!("the parts add up to {sum}, the axis holds {total} elements"));
        }
    }
    let content = s.fact(0)?.whole().filter(|_| x.len() == 1);
    let mut start = Some(0usize);
    let piece = |part: Dim| {
        let mut shape = x.to_vec();
        let end = start.zip(part.known()).map(|(a, b)| a.saturating_add(b));
        let own = content.zip(start.zip(end)).and_then(|(c, (a, b))| c.get(a..b));
        start = end;
        shape[at] = part;
        Fact::new(s.elem(0), shape).holding(own.map(<[Dim]>::to_vec))
    };
    Ok(parts.into_iter().map(piece).collect())
}

/// `Expand`.
pub fn expand(s: &Site<'_>) -> Inferred {
    let fact = s.fact(0)?;
    let x = s.shape(0).map_err(|_| typed(s))?;
    let Ok(target) = s.whole(1) else {
        let rank = s.shape(1).ok().and_then(|v| v.first()?.known()).filter(|&r| r < 64);
        let rank = rank.ok_or_else(|| typed(s))?.max(x.len());
        let shape = broadcast_dims(x, &unknown_shape(rank))?;
        return Ok(vec![Fact::new(fact.elem, shape)]);
    };
    let shape = broadcast_dims(x, target)?;
    let content = fact.whole().and_then(|c| spread(c, x, &shape));
    Ok(vec![Fact::new(fact.elem, shape).holding(content)])
}

/// `Tile`.
pub fn tile(s: &Site<'_>) -> Inferred {
    let x = s.shape(0).map_err(|_| typed(s))?;
    let Ok(repeats) = s.whole(1) else {
        return Ok(vec![Fact::ranked(s.elem(0), x.len())]);
    };
    if repeats.len() != x.len() {
        return contradiction(format!("{} repeats for {} dimensions", repeats.len(), x.len()));
    }
    Ok(vec![Fact::new(
        s.elem(0),
        x.iter().zip(repeats).map(|(d, r)| d * r).collect(),
    )])
}

/// `Pad`.
pub fn pad(s: &Site<'_>) -> Inferred {
    let x = s.shape(0).map_err(|_| typed(s))?;
    let old = if s.ints("pads").is_some() { "pads" } else { "paddings" };
    let (Ok(pads), Ok(named)) = (s.dims_or_input(old, 1), s.ints_or_input("axes", 3)) else {
        return Ok(vec![Fact::ranked(s.elem(0), x.len())]);
    };
    let Some(pads) = pads else {
        return contradiction("the pads are missing");
    };
    let named: Vec<usize> = match named {
        Some(a) => a.iter().map(|&a| axis(a, x.len())).collect::<Result<_, _>>()?,
        None => (0..x.len()).collect(),
    };
    if pads.len() != 2 * named.len() {
        return contradiction(format!("{} pads for {} axes", pads.len(), named.len()));
    }
    let mut shape = x.to_vec();
    for (k, &a) in named.iter().enumerate() {
        shape[a] = &(&x[a] + &pads[k]) + &pads[k + named.len()];
    }
    Ok(vec![Fact::new(s.elem(0), shape)])
}
